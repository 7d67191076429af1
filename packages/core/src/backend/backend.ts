import type { Graph, Node } from '../graph/value.ts';
import type { AnyTensor } from '../tensor/tensor.ts';
import type { Kernels } from './kernels.ts';

/**
 * A backend runs forward graphs. It knows nothing of gradients, methods or workers.
 * Changing this interface is a decision: every backend, ours or a third party's, follows it.
 */
export interface Backend {
  readonly name: string;
  /** Why this node cannot run here, or undefined where it can. */
  refuses(node: Node): string | undefined;
  /** Throws SightlineError: `unsupported` where a node is refused, `runtime` where the runtime fails. */
  compile(graph: Graph): Promise<Program>;
  readonly kernels: Kernels;
  readonly limits: BackendLimits;
  dispose(): Promise<void>;
}
export interface BackendLimits {
  /** Bytes that programs and the batches they run may take together. */
  readonly memory: number;
}

/** A compiled graph, fixed to its shapes. */
export interface Program {
  /** An estimate of what it holds on to: weights and one run's activations. */
  readonly bytes: number;
  /** Runs once. Feeds and results go by the graph's names. Throws `bad-input` where a feed does not fit. */
  run(feeds: Readonly<Record<string, AnyTensor>>): Promise<Record<string, AnyTensor>>;
  release(): Promise<void>;
}
