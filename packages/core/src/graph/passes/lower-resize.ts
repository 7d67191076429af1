import { numbers, matMul, reshape } from '../ops.ts';
import { numberOf, numbersOf, wordOf } from '../shapes/index.ts';
import { size } from '../../tensor/tensor.ts';
import type { Attributes, Node, Shaped } from '../value.ts';

/** Where output `o` of an axis lies in the input, for the transformations of ONNX's Resize that read nothing but lengths. */
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

/** Inputs and weights of an output at input coordinate `x`, before the borders are minded. */
function taps(x: number, mode: string, attributes: Attributes): readonly (readonly [at: number, weight: number])[] {
  if (mode === 'nearest') return [[nearest[wordOf(attributes, 'nearest_mode', 'round_prefer_floor')]!(x), 1]];
  const floor = Math.floor(x);
  const rest = x - floor;
  if (mode === 'linear')
    return [
      [floor, 1 - rest],
      [floor + 1, rest],
    ];
  const a = numberOf(attributes, 'cubic_coeff_a', -0.75);
  return [-1, 0, 1, 2].map((i) => [floor + i, cubic(rest - i, a)]);
}

/** What a Resize does along one axis, [length, out]; undefined for a transformation that is not known. */
function matrix(attributes: Attributes, length: number, out: number, scale: number): Float32Array | undefined {
  const mode = wordOf(attributes, 'mode', 'nearest');
  const transformation = wordOf(attributes, 'coordinate_transformation_mode', 'half_pixel');
  const outside = mode === 'cubic' && numberOf(attributes, 'exclude_outside', 0) === 1;
  const weights = new Float64Array(length * out);
  for (let o = 0; o < out; o++) {
    const x = coordinate(transformation, o, length, out, scale);
    if (x === undefined) return undefined;
    const inside = taps(x, mode, attributes).filter(([at]) => !outside || (at >= 0 && at < length));
    const total = inside.reduce((sum, [, weight]) => sum + weight, 0);
    for (const [at, weight] of inside) weights[Math.min(Math.max(at, 0), length - 1) * out + o]! += weight / total;
  }
  return Float32Array.from(weights);
}

/** The factor of each axis. */
export const resizeScales = (node: Node, x: Shaped): readonly number[] =>
  node.attributes['scales']
    ? numbersOf(node.attributes, 'scales')
    : node.outputs[0]!.dims!.map((out, i) => out / x.dims[i]!);

/** A Resize of any mode as a product with an interpolation matrix along each axis that changes: exact, and linear algebra alone. */
export function resizeByMatrices(node: Node, x: Shaped): Shaped | undefined {
  const dims = node.outputs[0]!.dims!;
  const scales = resizeScales(node, x);
  return dims.reduce<Shaped | undefined>((sofar, out, axis) => {
    const length = x.dims[axis]!;
    if (!sofar || (out === length && scales[axis] === 1)) return sofar;
    const along = matrix(node.attributes, length, out, scales[axis]!);
    return along && alongAxis(sofar, axis, along, out);
  }, x);
}

/** x · matrix [length, out] along an axis. */
function alongAxis(x: Shaped, axis: number, weights: Float32Array, out: number): Shaped {
  const length = x.dims[axis]!;
  const [outer, inner] = [size(x.dims.slice(0, axis)), size(x.dims.slice(axis + 1))];
  const dims = x.dims.map((d, i) => (i === axis ? out : d));
  if (inner === 1) return reshape(matMul(reshape(x, [outer, length]), numbers([length, out], weights)), dims);
  const transposed = weights.map((_, i) => weights[(i % length) * out + Math.floor(i / length)]!);
  return reshape(matMul(numbers([out, length], transposed), reshape(x, [outer, length, inner])), dims);
}
