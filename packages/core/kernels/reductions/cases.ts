import { tails, uniform, type KernelCase } from '../kernel.ts';
import type { reductions } from './reference.ts';

const one = (count: number): KernelCase<typeof reductions> => ({
  title: `${count} numbers`,
  /** float64 sums in another order: a few 2⁻⁵³ of Σ|v|, which is about count / 2. */
  tolerance: 1e-14 * (count + 1),
  parameters: (random) => [uniform(random, count), new Float64Array(4), count],
});
const given = (title: string, values: readonly number[]): KernelCase<typeof reductions> => ({
  title,
  tolerance: 0, // nothing is rounded
  parameters: () => [Float32Array.from(values), new Float64Array(4), values.length],
});

export const cases: readonly KernelCase<typeof reductions>[] = [
  ...tails.map(one),
  one(0),
  one(224 * 224),
  given('a NaN in the lanes', [1, NaN, 2, 3]),
  given('a NaN in the tail', [1, 2, 3, 4, NaN]),
  given('infinities', [1, Infinity, 2, 3, 4, 5]),
];
