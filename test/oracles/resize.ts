import { at, fill, sum } from './array.ts';
import type { Operation, Reader } from './interpreter.ts';

/** ONNX's x_original for output `o` of an axis. */
function original(read: Reader, o: number, length: number, out: number, scale: number): number {
  const mode = read.word('coordinate_transformation_mode');
  if (mode === 'asymmetric') return o / scale;
  if (mode === 'align_corners') return out === 1 ? 0 : (o * (length - 1)) / (out - 1);
  if (mode === 'pytorch_half_pixel' && out === 1) return 0;
  const half = (o + 0.5) / scale - 0.5;
  return mode === 'half_pixel_symmetric' ? (length / 2) * (1 - out / (length * scale)) + half : half;
}
const rounding: Readonly<Record<string, (x: number) => number>> = {
  round_prefer_floor: (x) => (x % 1 === 0.5 ? Math.floor(x) : Math.round(x)),
  round_prefer_ceil: (x) => Math.round(x),
  floor: Math.floor,
  ceil: Math.ceil,
};
/** Weights of the four neighbours at −1, 0, 1, 2 for a fraction r, as the ONNX page on Resize has them. */
const cubic = (r: number, a: number): number[] => [
  ((a * (r + 1) - 5 * a) * (r + 1) + 8 * a) * (r + 1) - 4 * a,
  ((a + 2) * r - (a + 3)) * r * r + 1,
  ((a + 2) * (1 - r) - (a + 3)) * (1 - r) * (1 - r) + 1,
  ((a * (2 - r) - 5 * a) * (2 - r) + 8 * a) * (2 - r) - 4 * a,
];

/** One axis after the other: what is read beyond a border is the border. */
export const resize: Operation = ([x], { read, attributes }) => {
  const scales = attributes['scales'] ? read.list('scales') : undefined;
  const dims = scales ? x.dims.map((d, axis) => Math.floor(d * scales[axis]!)) : read.list('sizes');
  const result = x.dims.reduce((y, length, axis) => {
    const out = dims[axis]!;
    const scale = scales?.[axis] ?? out / length;
    if (scale === 1) return y;
    return fill(
      y.dims.map((d, i) => (i === axis ? out : d)),
      (index) => {
        const place = original(read, index[axis]!, length, out, scale);
        const value = (i: number): number =>
          at(
            y,
            index.map((v, a) => (a === axis ? Math.min(Math.max(i, 0), length - 1) : v)),
          );
        if (read.word('mode') === 'nearest') return value(rounding[read.word('nearest_mode')]!(place));
        const low = Math.floor(place);
        const r = place - low;
        if (read.word('mode') === 'linear') return (1 - r) * value(low) + r * value(low + 1);
        return sum(cubic(r, read.number('cubic_coeff_a', -0.75)).map((weight, i) => weight * value(low - 1 + i)));
      },
    );
  }, x);
  return [result];
};
