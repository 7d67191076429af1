import { apply } from './build.ts';
import { indices as int64, matMul, numbers, reshape, slice } from './ops.ts';
import { size } from '../tensor/tensor.ts';
import type { Shaped } from './value.ts';

/** Linear maps along one axis, out of forward ops. */

const split = (x: Shaped, axis: number): { outer: number; inner: number } => ({
  outer: size(x.dims.slice(0, axis)),
  inner: size(x.dims.slice(axis + 1)),
});
export const withAxis = (dims: readonly number[], axis: number, n: number): number[] =>
  dims.map((d, i) => (i === axis ? n : d));

/** matrix (rows × columns, by row) times each line of `x` along `axis`. */
export function matrixAlong(x: Shaped, axis: number, matrix: Float32Array, rows: number): Shaped {
  const columns = x.dims[axis]!;
  const { outer, inner } = split(x, axis);
  const dims = withAxis(x.dims, axis, rows);
  if (inner > 1) return reshape(matMul(numbers([rows, columns], matrix), reshape(x, [outer, columns, inner])), dims);
  return reshape(
    matMul(reshape(x, [outer, columns]), numbers([columns, rows], transposed(matrix, rows, columns))),
    dims,
  );
}

export function transposed(matrix: Float32Array, rows: number, columns: number): Float32Array {
  return matrix.map((_, i) => matrix[(i % rows) * columns + Math.floor(i / rows)]!);
}

export const gather = (x: Shaped, axis: number, picks: readonly number[]): Shaped =>
  apply('Gather', [x, int64(picks)], { axis });

/** The transpose of picking `picks` along `axis` out of `length`: each element goes back to where it came from, equals are added. */
export function scatterAlong(dy: Shaped, axis: number, picks: readonly number[], length: number): Shaped {
  const from = picks.map((p) => (p < 0 ? p + length : p));
  const inverse = Array.from({ length }, (_, i) => from.indexOf(i));
  if (from.length === length && !inverse.includes(-1)) return gather(dy, axis, inverse);
  const matrix = new Float32Array(length * from.length);
  from.forEach((p, column) => {
    if (p >= 0) matrix[p * from.length + column] = 1;
  });
  return matrixAlong(dy, axis, matrix, length);
}

/** Elements `from` … `to` − 1 of one axis. */
export function sliceAlong(x: Shaped, axis: number, from: number, to: number): Shaped {
  if (from === 0 && to === x.dims[axis]) return x;
  return slice(
    x,
    x.dims.map((_, i) => (i === axis ? from : 0)),
    withAxis(x.dims, axis, to),
  );
}

/** Pads that touch one axis only. */
export function padsAlong(rank: number, axis: number, begin: number, end: number): number[] {
  return Array.from({ length: 2 * rank }, (_, i) => (i === axis ? begin : i === axis + rank ? end : 0));
}
