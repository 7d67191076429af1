import type { AnyMasks, Masks } from '../../packages/core/src/model/model.ts';
import { items, tensor, type Tensor } from '../../packages/core/src/tensor/tensor.ts';

/** Masks as whole pictures [H, W], in plain loops. */
export const masksOf = (masks: AnyMasks, [, H, W]: readonly [number, number, number]): Float32Array[] =>
  'maps' in masks
    ? Array.from({ length: masks.maps.dims[0]! }, (_, n) => scaled(bilinear(items(masks.maps, n, n + 1), H, W)))
    : Array.from({ length: masks.grid.dims[0]! }, (_, n) => maskOf(masks, n));

/** Half-pixel centres; the edge's own value beyond it. */
function bilinear({ dims, data }: Tensor, H: number, W: number): Float32Array {
  const [, h, w] = dims as readonly [number, number, number];
  const along = (i: number, from: number, to: number): { below: number; above: number; t: number } => {
    const at = Math.min(Math.max(((i + 0.5) * from) / to - 0.5, 0), from - 1);
    return { below: Math.floor(at), above: Math.min(Math.floor(at) + 1, from - 1), t: at - Math.floor(at) };
  };
  return Float32Array.from({ length: H * W }, (_, i) => {
    const [y, x] = [along(Math.floor(i / W), h, H), along(i % W, w, W)];
    const row = (v: number): number => data[v * w + x.below]! * (1 - x.t) + data[v * w + x.above]! * x.t;
    return row(y.below) * (1 - y.t) + row(y.above) * y.t;
  });
}

/** Min-max; zeros where all is the same. */
function scaled(values: Float32Array): Float32Array {
  const [low, high] = [Math.min(...values), Math.max(...values)];
  return values.map((v) => (high > low ? (v - low) / (high - low) : 0));
}

/** rows_n · grid_n · columns_n, [H, W]. */
function maskOf({ grid, rows, columns }: Masks, n: number): Float32Array {
  const [, h, w] = grid.dims as readonly [number, number, number];
  const [H, W] = [rows.dims[1]!, columns.dims[2]!];
  const one = (t: Tensor): Float32Array => items(t, t.dims[0] === 1 ? 0 : n, t.dims[0] === 1 ? 1 : n + 1).data;
  const [g, R, C] = [one(grid), one(rows), one(columns)];
  const wide = new Float32Array(h * W);
  for (let a = 0; a < h; a++) {
    for (let b = 0; b < w; b++) for (let x = 0; x < W; x++) wide[a * W + x]! += g[a * w + b]! * C[b * W + x]!;
  }
  const mask = new Float32Array(H * W);
  for (let y = 0; y < H; y++) {
    for (let a = 0; a < h; a++) {
      const weight = R[y * h + a]!;
      if (weight !== 0) for (let x = 0; x < W; x++) mask[y * W + x]! += weight * wide[a * W + x]!;
    }
  }
  return mask;
}

export const blended = (input: Tensor, mask: Float32Array, baseline?: Tensor): Tensor =>
  tensor(
    input.dims,
    input.data.map((v, i) => {
      const m = mask[i % mask.length]!;
      return v * m + (baseline?.data[i] ?? 0) * (1 - m);
    }),
  );
