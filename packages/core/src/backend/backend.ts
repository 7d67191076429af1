import type { Graph, Node } from '../graph/value.ts';
import type { AnyTensor, ElementType } from '../tensor/tensor.ts';
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
  /** Puts a tensor where this backend's programs run, so that it is fed many times and sent once. */
  upload(tensor: AnyTensor): Promise<Resident>;
  readonly kernels: Kernels;
  readonly limits: BackendLimits;
  dispose(): Promise<void>;
}
export interface BackendLimits {
  /** Bytes that programs and the batches they run may take together. */
  readonly memory: number;
  /** Bytes that the activations of one batch may take, and how many pictures it may hold. */
  readonly batch: { readonly bytes: number; readonly items: number };
}

/** A tensor that stays where its backend keeps it (memory, GPU buffer, MLTensor) until somebody reads it. */
export interface Resident {
  readonly type: ElementType;
  readonly dims: readonly number[];
  /** The name of the backend whose programs take it as it is. */
  readonly backend: string;
  /** A copy in memory; any number of times before it is released. */
  read(): Promise<AnyTensor>;
  /** Gives the memory back. Once is enough, twice does no harm. */
  release(): void;
}
export type Feeds = Readonly<Record<string, AnyTensor | Resident>>;
export const isResident = (feed: AnyTensor | Resident): feed is Resident => 'read' in feed;

/** A compiled graph, fixed to its shapes. */
export interface Program {
  /** The name of the backend that runs it. */
  readonly backend: string;
  /** Why the backends that come first do not run it: node, op and reason, by backend. */
  readonly refusals?: Readonly<Record<string, string>>;
  /** An estimate of what it holds on to: weights and one run's activations. */
  readonly bytes: number;
  /**
   * Runs once. Feeds and results go by the graph's names. Throws `bad-input` where a feed does not fit, `device-lost` where
   * the device went away: residents are gone then, and the next run starts afresh.
   */
  run(feeds: Feeds): Promise<Record<string, AnyTensor>>;
  /** The same, and the results stay where they are: whoever asked releases them. */
  keep(feeds: Feeds): Promise<Record<string, Resident>>;
  release(): Promise<void>;
}

/** How a backend is opened: the default export of a backend package's module, as `serve` takes it and as a worker imports it. */
export interface BackendModule {
  readonly kind: 'backend';
  readonly name: string;
  /** For people: 'WebGPU'. */
  readonly title?: string;
  /** Why this browser or machine has no such device, undefined where it has. Loads no runtime, so a page may ask before it chooses. */
  probe?(options?: Readonly<Record<string, unknown>>): Promise<string | undefined>;
  /** Throws `unavailable` with the reason where this browser or machine has no such device. */
  open(options: Readonly<Record<string, unknown>>, host: BackendHost): Promise<Backend>;
}
/** What the engine's thread shares out. */
export interface BackendHost {
  /** The thread's only onnxruntime-web, in a build that has WebGPU and WebNN: asked for once the device is known to be there. */
  runtime(): Promise<AcceleratedOrt>;
  /** One queue a thread for create, run and release: overlapping calls crash the runtime. */
  exclusive<T>(work: () => Promise<T>): Promise<T>;
  /** The kernels on the CPU. */
  readonly kernels: Kernels;
}
/** Whatever build, it has this face; only these builds have WebGPU and WebNN in them. */
export type AcceleratedOrt = typeof import('onnxruntime-web/webgpu');
