import type { Backend, Program } from '../backend/backend.ts';
import { refusalOf } from '../backend/chain.ts';
import { SightlineError } from '../errors.ts';
import type { Graph } from '../graph/value.ts';
import { random } from '../tensor/random.ts';
import { size, tensor, type Tensor } from '../tensor/tensor.ts';
import type { OpenBackends } from './backends.ts';

/** Of the largest logit: ten times what another order of summation makes in a deep network, far below any wrong kernel. */
const tolerance = 1e-2;

/**
 * One picture of noise through the whole network on every backend, against the CPU: runtimes have had kernels that were
 * silently wrong for some shapes. What differs is left out, with the reason. A backend that refuses this graph may still run
 * others, so it stays.
 */
export async function trusted({ backends, unavailable }: OpenBackends, graph: Graph): Promise<OpenBackends> {
  if (backends.length === 1) return { backends, unavailable };
  const fallback = backends.at(-1)!;
  const [picture] = graph.inputs;
  const { next } = random(1);
  const noise = tensor(
    picture!.dims!,
    Float32Array.from({ length: size(picture!.dims!) }, () => 2 * next() - 1),
  );
  const feeds = { [picture!.name!]: noise };
  const runOn = async (backend: Backend): Promise<Float32Array> => {
    let program: Program | undefined;
    try {
      program = await backend.compile(graph);
      return ((await program.run(feeds))['logits'] as Tensor).data;
    } finally {
      await program?.release();
    }
  };
  const kept: Backend[] = [];
  const left: Record<string, string> = { ...unavailable };
  let expected: Float32Array | undefined;
  for (const backend of backends.slice(0, -1)) {
    if (refusalOf(backend, graph) !== undefined) {
      kept.push(backend);
      continue;
    }
    try {
      const actual = await runOn(backend);
      expected ??= await runOn(fallback);
      const wrong = difference(actual, expected);
      if (wrong <= tolerance) kept.push(backend);
      else
        left[backend.name] =
          `its logits for a picture of noise differ from the CPU's by ${wrong.toExponential(1)} of the largest`;
    } catch (error) {
      if (!(error instanceof SightlineError)) throw error;
      kept.push(backend); // it says the same of this graph when it is compiled for good
    }
  }
  return { backends: [...kept, fallback], unavailable: left };
}

/** Largest difference, as a share of the largest number; NaN counts as infinite. */
function difference(actual: Float32Array, expected: Float32Array): number {
  const largest = expected.reduce((a, b) => Math.max(a, Math.abs(b)), 1e-6);
  const worst = expected.reduce((a, b, i) => {
    const d = Math.abs(actual[i]! - b);
    return Number.isNaN(d) ? Infinity : Math.max(a, d);
  }, 0);
  return worst / largest;
}
