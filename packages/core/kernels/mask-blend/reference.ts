import type { SignatureOf } from '../kernel.ts';

/** result[n, c, p] = image[c, p] · masks[n, p] + baseline[c, p] · (1 − masks[n, p]): where the mask is 1 the image stays. */
export function maskBlend(
  image: Float32Array,
  masks: Float32Array,
  baseline: Float32Array,
  result: Float32Array,
  count: number,
  channels: number,
  pixels: number,
): void {
  for (let n = 0; n < count; n++) {
    for (let c = 0; c < channels; c++) {
      for (let p = 0; p < pixels; p++) {
        const m = masks[n * pixels + p]!;
        result[(n * channels + c) * pixels + p] = image[c * pixels + p]! * m + baseline[c * pixels + p]! * (1 - m);
      }
    }
  }
}

export const signature = ['in f32', 'in f32', 'in f32', 'out f32', 'i32', 'i32', 'i32'] as const satisfies SignatureOf<
  typeof maskBlend
>;
