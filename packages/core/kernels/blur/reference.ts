import type { SignatureOf } from '../kernel.ts';

/**
 * result[p, y, x] = Σ_i Σ_j taps[i] · taps[j] · source[p, y + i − r, x + j − r], with 2r + 1 taps
 *
 * `border` says what stands outside (see `Border`): 0 reflect, 1 mirror, 2 zero.
 * `scratch` holds one plane blurred along its width and one row with its borders: height · width + width + 2r.
 */
export function blur(
  source: Float32Array,
  taps: Float32Array,
  result: Float32Array,
  scratch: Float32Array,
  planes: number,
  height: number,
  width: number,
  count: number,
  border: number,
): void {
  const radius = count >> 1;
  for (let p = 0; p < planes; p++) {
    const plane = p * height * width;
    for (let y = 0; y < height; y++) {
      for (let x = 0; x < width; x++) {
        let sum = 0;
        for (let j = 0; j < count; j++) {
          const from = borderIndex(x + j - radius, width, border);
          if (from >= 0) sum += taps[j]! * source[plane + y * width + from]!;
        }
        scratch[y * width + x] = sum;
      }
    }
    for (let y = 0; y < height; y++) {
      for (let x = 0; x < width; x++) {
        let sum = 0;
        for (let i = 0; i < count; i++) {
          const from = borderIndex(y + i - radius, height, border);
          if (from >= 0) sum += taps[i]! * scratch[from * width + x]!;
        }
        result[plane + y * width + x] = sum;
      }
    }
  }
}

export const signature = [
  'in f32',
  'in f32',
  'out f32',
  'scratch f32',
  'i32',
  'i32',
  'i32',
  'i32',
  'i32',
] as const satisfies SignatureOf<typeof blur>;

/**
 * What stands beyond the edge of `a b c d`:
 * - `reflect`: b a | a b c d | d c, the edge repeated (scipy's `reflect`)
 * - `mirror`: c b | a b c d | c b, the edge once (scipy's `mirror`; PyTorch's and kornia's `reflect`)
 * - `zero`: 0 0 | a b c d | 0 0 (a convolution's own padding)
 */
export type Border = 'reflect' | 'mirror' | 'zero';
export const borders: readonly Border[] = ['reflect', 'mirror', 'zero'];

/** The place inside 0 … length − 1 that stands at `at`, however far out; −1 where nothing does. */
function borderIndex(at: number, length: number, border: number): number {
  if (at >= 0 && at < length) return at;
  if (border === 2) return -1;
  const period = border === 0 ? 2 * length : Math.max(1, 2 * length - 2);
  const within = ((at % period) + period) % period;
  if (within < length) return within;
  return border === 0 ? period - 1 - within : period - within;
}

/** 2 · radius + 1 taps of a normal curve, adding up to 1: exp(−d² / 2σ²) / Σ. */
export function gaussianTaps(sigma: number, radius: number): Float32Array {
  const taps = Float64Array.from({ length: 2 * radius + 1 }, (_, i) =>
    Math.exp(-((i - radius) ** 2) / (2 * sigma * sigma)),
  );
  const sum = taps.reduce((a, b) => a + b, 0);
  return Float32Array.from(taps, (tap) => tap / sum);
}

/**
 * A normal curve folded back into `length` places (an odd number) at their edges, as
 * `scipy.ndimage.gaussian_filter` gives for a one amid zeros. With length 11 and σ 5 it is the blur of RISE's evaluation:
 * nearly a box, since what would lie outside comes back in.
 */
export function foldedGaussianTaps(sigma: number, length: number): Float32Array {
  const radius = Math.floor(4 * sigma + 0.5);
  const folded = new Float64Array(length);
  gaussianTaps(sigma, radius).forEach((tap, i) => {
    const at = borderIndex((length >> 1) + i - radius, length, 0);
    folded[at] = folded[at]! + tap;
  });
  return Float32Array.from(folded);
}
