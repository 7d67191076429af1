import type { SignatureOf } from '../kernel.ts';

/**
 * result[p, Y, X] = Σ_i Σ_j rowWeight[Y, i] · columnWeight[X, j] · source[p, rowIndex[Y, i], columnIndex[X, j]]
 *
 * One separable sum for every mode: a mode is its taps (`resizeTaps`), `taps` of them for each output row and column.
 * `scratch` holds one plane resized along its width: height · outWidth.
 */
export function resize(
  source: Float32Array,
  rowIndex: Int32Array,
  rowWeight: Float32Array,
  columnIndex: Int32Array,
  columnWeight: Float32Array,
  result: Float32Array,
  scratch: Float32Array,
  planes: number,
  height: number,
  width: number,
  outHeight: number,
  outWidth: number,
  taps: number,
): void {
  for (let p = 0; p < planes; p++) {
    for (let Y = 0; Y < outHeight; Y++) {
      for (let X = 0; X < outWidth; X++) {
        let sum = 0;
        for (let i = 0; i < taps; i++) {
          const row = (p * height + rowIndex[Y * taps + i]!) * width;
          let along = 0;
          for (let j = 0; j < taps; j++)
            along += columnWeight[X * taps + j]! * source[row + columnIndex[X * taps + j]!]!;
          sum += rowWeight[Y * taps + i]! * along;
        }
        result[(p * outHeight + Y) * outWidth + X] = sum;
      }
    }
  }
}

export const signature = [
  'in f32',
  'in i32',
  'in f32',
  'in i32',
  'in f32',
  'out f32',
  'scratch f32',
  'i32',
  'i32',
  'i32',
  'i32',
  'i32',
  'i32',
] as const satisfies SignatureOf<typeof resize>;

/**
 * - `nearest`: source ⌊i·from/to⌋, as PyTorch's `nearest`
 * - `bilinear`: half-pixel centres, (i + ½)·from/to − ½, as PyTorch's align_corners=False and TensorFlow 2
 * - `bilinear-align-corners`: corner on corner, i·(from − 1)/(to − 1)
 * - `bicubic`: Keys' kernel with a = −0.75 at half-pixel centres, as PyTorch
 *
 * Beyond the edge stands the edge's own pixel. Nothing is smoothed when sizes shrink (no antialiasing).
 */
export type ResizeMode = 'nearest' | 'bilinear' | 'bilinear-align-corners' | 'bicubic';
export const resizeModes: readonly ResizeMode[] = ['nearest', 'bilinear', 'bilinear-align-corners', 'bicubic'];

export interface Taps {
  /** How many for each output place. */
  readonly taps: number;
  readonly index: Int32Array;
  readonly weight: Float32Array;
}

/** Which source places make up each of `to` places along one axis, and with what weights: [to, taps] each. */
export function resizeTaps(mode: ResizeMode, from: number, to: number): Taps {
  const taps = { nearest: 1, bilinear: 2, 'bilinear-align-corners': 2, bicubic: 4 }[mode];
  const index = new Int32Array(to * taps);
  const weight = new Float32Array(to * taps);
  const last = from - 1;
  const set = (place: number, tap: number, at: number, w: number): void => {
    index[place * taps + tap] = Math.min(Math.max(at, 0), last);
    weight[place * taps + tap] = w;
  };
  for (let i = 0; i < to; i++) {
    if (mode === 'nearest') {
      set(i, 0, Math.floor((i * from) / to), 1);
      continue;
    }
    const corner = mode === 'bilinear-align-corners';
    const at = corner ? (to > 1 ? (i * last) / (to - 1) : 0) : ((i + 0.5) * from) / to - 0.5;
    const below = Math.floor(at);
    const t = at - below;
    const weights = mode === 'bicubic' ? [outer(1 + t), inner(t), inner(1 - t), outer(2 - t)] : [1 - t, t];
    const first = mode === 'bicubic' ? below - 1 : below;
    weights.forEach((w, tap) => set(i, tap, first + tap, w));
  }
  return { taps, index, weight };
}

const a = -0.75;
/** Keys' cubic for distances to 1, and from 1 to 2. */
const inner = (x: number): number => ((a + 2) * x - (a + 3)) * x * x + 1;
const outer = (x: number): number => ((a * x - 5 * a) * x + 8 * a) * x - 4 * a;
