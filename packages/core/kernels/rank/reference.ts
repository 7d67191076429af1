import type { SignatureOf } from '../kernel.ts';

/**
 * result = the indices of the values, largest value first; of equal values the larger index first. NaN counts as largest.
 *
 * That is `numpy.flip(numpy.argsort(values, kind='stable'))`, as RISE's evaluation orders pixels.
 * `scratch` is for twins that sort by digits: 3 · count + 1024.
 */
export function rank(values: Float32Array, result: Int32Array, scratch: Int32Array, count: number): void {
  for (let i = 0; i < count; i++) result[i] = i;
  result.sort((i, j) => descending(values[i]!, values[j]!) || j - i);
}
const descending = (a: number, b: number): number =>
  a === b ? 0 : a > b ? -1 : b > a ? 1 : Number(b !== b) - Number(a !== a);

export const signature = ['in f32', 'out i32', 'scratch i32', 'i32'] as const satisfies SignatureOf<typeof rank>;
