import type { SignatureOf } from '../kernel.ts';

/** result = [Σ v, max v, min v, Σ v / n], summed in float64. Of nothing: 0, −∞, ∞, NaN. A NaN among the values makes all four NaN. */
export function reductions(values: Float32Array, result: Float64Array, count: number): void {
  let sum = 0;
  let max = -Infinity;
  let min = Infinity;
  for (let i = 0; i < count; i++) {
    const v = values[i]!;
    sum += v;
    max = Math.max(max, v);
    min = Math.min(min, v);
  }
  result[0] = sum;
  result[1] = max;
  result[2] = min;
  result[3] = sum / count;
}

export const signature = ['in f32', 'out f64', 'i32'] as const satisfies SignatureOf<typeof reductions>;
