import type { Shaped, Value } from '../../packages/core/src/graph/value.ts';
import type { Reals } from '../oracles/array.ts';
import { interpret } from '../oracles/interpreter.ts';

export type Feeds = ReadonlyMap<Shaped, Float64Array>;
const reals = (feeds: Feeds): Map<Value, Reals> =>
  new Map([...feeds].map(([value, data]) => [value, { dims: value.dims, data }]));

export const evaluate = (values: readonly Value[], feeds: Feeds): Float64Array[] =>
  interpret(values, reals(feeds)).map(({ data }) => data);

const dot = (a: Float64Array, b: Float64Array): number => a.reduce((total, v, i) => total + v * b[i]!, 0);

/** d(Σ weights ⊙ y)/dx by central differences in float64, one element at a time. */
export function centralDifferences(
  y: Value,
  weights: Float64Array,
  x: Shaped,
  feeds: Feeds,
  step = 1e-5,
): Float64Array {
  const here = feeds.get(x)!;
  const score = (i: number, delta: number): number => {
    const moved = here.slice();
    moved[i]! += delta;
    return dot(evaluate([y], new Map([...feeds, [x, moved]]))[0]!, weights);
  };
  return here.map((_, i) => (score(i, step) - score(i, -step)) / (2 * step));
}

/** The largest difference, relative to the largest number (at least 1). */
export function distance(a: Float64Array, b: Float64Array): number {
  const scale = Math.max(1, ...b.map(Math.abs));
  return a.length === b.length ? Math.max(0, ...a.map((v, i) => Math.abs(v - b[i]!) / scale)) : Infinity;
}
