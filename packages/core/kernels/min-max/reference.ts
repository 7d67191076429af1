import type { SignatureOf } from '../kernel.ts';

/**
 * result[p, i] = (source[p, i] − min_p) / (max_p − min_p), min and max over the plane; a constant plane gives zeros.
 * Constant is what varies by no more than rounding, a millionth of its largest number: else a map that is the same everywhere would, once
 * it is resized, become noise from 0 to 1. A plane that holds a NaN gives NaN throughout.
 */
export function minMax(source: Float32Array, result: Float32Array, planes: number, pixels: number): void {
  for (let p = 0; p < planes; p++) {
    let min = Infinity;
    let max = -Infinity;
    for (let i = p * pixels; i < (p + 1) * pixels; i++) {
      min = Math.min(min, source[i]!);
      max = Math.max(max, source[i]!);
    }
    const range = max - min;
    const constant = range <= 1e-6 * Math.max(Math.abs(min), Math.abs(max));
    for (let i = p * pixels; i < (p + 1) * pixels; i++) result[i] = constant ? 0 : (source[i]! - min) / range;
  }
}

export const signature = ['in f32', 'out f32', 'i32', 'i32'] as const satisfies SignatureOf<typeof minMax>;
