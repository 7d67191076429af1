import { numberOf, wordOf } from './shapes/index.ts';
import type { Attributes } from './value.ts';

/** Where output `o` of an axis lies in the input, for the transformations of ONNX's Resize. */
function coordinate(mode: string, o: number, length: number, out: number, scale: number): number | undefined {
  switch (mode) {
    case 'half_pixel':
      return (o + 0.5) / scale - 0.5;
    case 'pytorch_half_pixel':
      return out > 1 ? (o + 0.5) / scale - 0.5 : 0;
    case 'half_pixel_symmetric':
      return length / 2 - out / scale / 2 + (o + 0.5) / scale - 0.5;
    case 'asymmetric':
      return o / scale;
    case 'align_corners':
      return out > 1 ? (o * (length - 1)) / (out - 1) : 0;
    default:
      return undefined;
  }
}

const nearest: Readonly<Record<string, (x: number) => number>> = {
  round_prefer_floor: (x) => Math.ceil(x - 0.5),
  round_prefer_ceil: (x) => Math.floor(x + 0.5),
  floor: Math.floor,
  ceil: Math.ceil,
};

/** The cubic convolution kernel (Keys 1981) at distance t. */
function cubic(t: number, a: number): number {
  const d = Math.abs(t);
  if (d <= 1) return (a + 2) * d ** 3 - (a + 3) * d ** 2 + 1;
  return d < 2 ? a * d ** 3 - 5 * a * d ** 2 + 8 * a * d - 4 * a : 0;
}

/** Inputs and weights of the output at input coordinate `x`, before the borders are minded. */
function taps(x: number, attributes: Attributes, mode: string): (readonly [at: number, weight: number])[] {
  if (mode === 'nearest') return [[nearest[wordOf(attributes, 'nearest_mode', 'round_prefer_floor')]!(x), 1]];
  const floor = Math.floor(x);
  if (mode === 'linear')
    return [
      [floor, 1 - (x - floor)],
      [floor + 1, x - floor],
    ];
  const a = numberOf(attributes, 'cubic_coeff_a', -0.75);
  return [-1, 0, 1, 2].map((i) => [floor + i, cubic(x - floor - i, a)]);
}

/** The matrix of a Resize along one axis, [out, length]; undefined for a transformation that is not known. */
export function resizeMatrix(
  attributes: Attributes,
  length: number,
  out: number,
  scale: number,
): Float32Array | undefined {
  const mode = wordOf(attributes, 'mode', 'nearest');
  const transformation = wordOf(attributes, 'coordinate_transformation_mode', 'half_pixel');
  const excludeOutside = numberOf(attributes, 'exclude_outside', 0) === 1;
  const matrix = new Float64Array(out * length);
  for (let o = 0; o < out; o++) {
    const x = coordinate(transformation, o, length, out, scale);
    if (x === undefined) return undefined;
    const inside = taps(x, attributes, mode).filter(
      ([at]) => !excludeOutside || mode !== 'cubic' || (at >= 0 && at < length),
    );
    const total = inside.reduce((sum, [, weight]) => sum + weight, 0);
    for (const [at, weight] of inside) matrix[o * length + Math.min(Math.max(at, 0), length - 1)]! += weight / total;
  }
  return Float32Array.from(matrix);
}
