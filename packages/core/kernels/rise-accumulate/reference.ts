import type { SignatureOf } from '../kernel.ts';

/**
 * map[y, x] += Σ_n scores[n] · (rows_n · grid_n · columns_n)[y, x]: RISE's sum without a mask ever being stored.
 *
 * rows [N, height, cells], grid [N, cells, cells], columns [N, cells, width] (see `riseRows`); any low-rank masks will do.
 * `scratch` holds scores[n] · grid_n · columns_n: cells · width.
 */
export function riseAccumulate(
  scores: Float32Array,
  rows: Float32Array,
  grid: Float32Array,
  columns: Float32Array,
  map: Float32Array,
  scratch: Float32Array,
  count: number,
  cells: number,
  height: number,
  width: number,
): void {
  for (let n = 0; n < count; n++) {
    for (let i = 0; i < cells; i++) {
      for (let x = 0; x < width; x++) {
        let sum = 0;
        for (let j = 0; j < cells; j++)
          sum += grid[(n * cells + i) * cells + j]! * columns[(n * cells + j) * width + x]!;
        scratch[i * width + x] = scores[n]! * sum;
      }
    }
    for (let y = 0; y < height; y++) {
      for (let i = 0; i < cells; i++) {
        const weight = rows[(n * height + y) * cells + i]!;
        if (weight === 0) continue; // all but two, of RISE's
        for (let x = 0; x < width; x++) map[y * width + x]! += weight * scratch[i * width + x]!;
      }
    }
  }
}

export const signature = [
  'in f32',
  'in f32',
  'in f32',
  'in f32',
  'inout f32',
  'scratch f32',
  'i32',
  'i32',
  'i32',
  'i32',
] as const satisfies SignatureOf<typeof riseAccumulate>;
