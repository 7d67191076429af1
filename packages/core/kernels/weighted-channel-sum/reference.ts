import type { SignatureOf } from '../kernel.ts';

/** result[p] = Σ_c weights[c] · activation[c, p] — the sum at the heart of every CAM. */
export function weightedChannelSum(
  activation: Float32Array,
  weights: Float32Array,
  result: Float32Array,
  channels: number,
  pixels: number,
): void {
  for (let p = 0; p < pixels; p++) {
    let sum = 0;
    for (let c = 0; c < channels; c++) sum += weights[c]! * activation[c * pixels + p]!;
    result[p] = sum;
  }
}

export const signature = ['in f32', 'in f32', 'out f32', 'i32', 'i32'] as const satisfies SignatureOf<
  typeof weightedChannelSum
>;
