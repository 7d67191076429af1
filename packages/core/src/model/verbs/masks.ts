import { resizeTaps } from '../../../kernels/resize/reference.ts';
import type { Feeds } from '../../backend/backend.ts';
import { SightlineError } from '../../errors.ts';
import { apply, input } from '../../graph/build.ts';
import {
  abs,
  add,
  greater,
  matMul,
  max,
  mul,
  numbers,
  reciprocal,
  reduceMax,
  reshape,
  sub,
  where,
} from '../../graph/ops.ts';
import type { Shaped } from '../../graph/value.ts';
import { rewrite } from '../../graph/walk.ts';
import type { Tensor } from '../../tensor/tensor.ts';
import type { Classifier } from '../classifier.ts';
import type { AnyMasks, ModelInfo } from '../model.ts';
import { padded } from '../network.ts';

/** The shapes of one run's masks, and whether something else than zero shows where they hide the picture. */
export interface MaskShape {
  /** The dims of what goes in, by name: grid, rows and columns, or maps. */
  readonly parts: Readonly<Record<string, readonly number[]>>;
  readonly baseline: boolean;
}

/**
 * A classifier on picture ⊙ mask + baseline ⊙ (1 − mask), for a batch of masks [n, 1, H, W] that are made in the graph: only
 * small arrays go in.
 */
export function maskedClassifier({ picture, logits }: Classifier, { parts, baseline }: MaskShape) {
  const [n, c, h, w] = picture.dims as [number, number, number, number];
  const image = input('image', [1, c, h, w]);
  const fill = input('baseline', [1, c, h, w]);
  const given = Object.fromEntries(Object.entries(parts).map(([name, dims]) => [name, input(name, dims)]));
  const { maps, grid, rows, columns } = given;
  const mask = maps ? upsampled(maps, [h, w]) : matMul(rows!, matMul(grid!, columns!));
  const shown = reshape(mask, [n, 1, h, w]);
  // One multiplication where the baseline is zero; image·m + fill·(1 − m) = fill + (image − fill)·m otherwise.
  const masked = baseline ? add(fill, mul(sub(image, fill), shown)) : mul(image, shown);
  const renewed = rewrite(
    [logits],
    () => undefined,
    (leaf) => (leaf === picture ? masked : leaf),
  );
  return {
    inputs: [image, ...(baseline ? [fill] : []), ...Object.values(given)],
    mask: shown,
    logits: renewed(logits) as Shaped,
  };
}

/** Bilinear, as two small matrix products a map, and then min-max. What differs by no more than rounding is constant: 0. */
function upsampled(maps: Shaped, [H, W]: readonly [number, number]): Shaped {
  const [, h, w] = maps.dims as [number, number, number];
  const [rows, columns] = [interpolation(h, H), interpolation(w, W)];
  const wide = matMul(numbers([H, h], rows), matMul(maps, numbers([w, W], transposed(columns, W, w))));
  const lowest = apply('ReduceMin', [wide], { axes: [1, 2], keepdims: 1 });
  const range = sub(reduceMax(wide, [1, 2]), lowest);
  const rounding = mul(reduceMax(abs(maps), [1, 2]), 1e-6);
  return mul(sub(wide, lowest), where(greater(range, rounding), reciprocal(max(range, 1e-30)), 0));
}

/** Bilinear interpolation along one axis as a matrix [to, from]. */
function interpolation(from: number, to: number): Float32Array {
  const { index, weight, taps } = resizeTaps('bilinear', from, to);
  const matrix = new Float32Array(to * from);
  index.forEach((place, i) => (matrix[Math.floor(i / taps) * from + place]! += weight[i]!));
  return matrix;
}
const transposed = (matrix: Float32Array, rows: number, columns: number): Float32Array =>
  matrix.map((_, i) => matrix[(i % rows) * columns + Math.floor(i / rows)]!);

/** The masks `from` to `to` as the feeds of a run of `n`, and their shapes; what all masks share goes in once. */
export function maskFeeds(masks: AnyMasks, n: number, from: number, to: number, baseline: boolean) {
  const part = (t: Tensor): Tensor => (t.dims[0] === 1 ? t : padded(t, n, from, to));
  const feeds: Readonly<Record<string, Tensor>> =
    'maps' in masks
      ? { maps: padded(masks.maps, n, from, to) }
      : { grid: padded(masks.grid, n, from, to), rows: part(masks.rows), columns: part(masks.columns) };
  const parts = Object.fromEntries(Object.entries(feeds).map(([name, { dims }]) => [name, dims]));
  return { feeds: feeds satisfies Feeds, shape: { parts, baseline } };
}

/** How many masks. Throws `bad-input` where they do not make pictures of the network's size. */
export function checkMasks(masks: AnyMasks, { input: [, height, width] }: ModelInfo): number {
  const shown = (...tensors: readonly Tensor[]): string => tensors.map(({ dims }) => `[${dims.join(', ')}]`).join(', ');
  if ('maps' in masks) {
    const { dims } = masks.maps;
    if (dims.length === 3 && dims.every((d) => d > 0)) return dims[0]!;
    throw new SightlineError('bad-input', `masks from maps are maps [N, h, w], not ${shown(masks.maps)}`);
  }
  const { grid, rows, columns } = masks;
  const [n, h, w] = grid.dims as [number, number, number];
  const fits = (t: Tensor, a: number, b: number): boolean =>
    t.dims.length === 3 && (t.dims[0] === n || t.dims[0] === 1) && t.dims[1] === a && t.dims[2] === b;
  if (grid.dims.length !== 3 || !fits(rows, height, h) || !fits(columns, w, width)) {
    throw new SightlineError(
      'bad-input',
      `masks are grid [N, h, w], rows [N, ${height}, h] and columns [N, w, ${width}], not ${shown(grid, rows, columns)}`,
    );
  }
  return n;
}
