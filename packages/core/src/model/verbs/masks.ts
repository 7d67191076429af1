import { SightlineError } from '../../errors.ts';
import { input } from '../../graph/build.ts';
import { add, matMul, mul, reshape, sub } from '../../graph/ops.ts';
import type { Shaped } from '../../graph/value.ts';
import { rewrite } from '../../graph/walk.ts';
import type { Tensor } from '../../tensor/tensor.ts';
import type { Classifier } from '../classifier.ts';
import type { Masks, ModelInfo } from '../model.ts';
import { padded } from '../network.ts';

/** The shapes of one run's masks, and whether something else than zero shows where they hide the picture. */
export interface MaskShape {
  readonly grid: readonly number[];
  readonly rows: readonly number[];
  readonly columns: readonly number[];
  readonly baseline: boolean;
}

/**
 * A classifier on picture ⊙ mask + baseline ⊙ (1 − mask), for a batch of masks = rows · grid · columns [n, 1, H, W] that
 * are made in the graph: only small arrays go in.
 */
export function maskedClassifier({ picture, logits }: Classifier, { grid, rows, columns, baseline }: MaskShape) {
  const [n, c, h, w] = picture.dims as [number, number, number, number];
  const image = input('image', [1, c, h, w]);
  const fill = input('baseline', [1, c, h, w]);
  const parts = [input('grid', grid), input('rows', rows), input('columns', columns)] as const;
  const mask = reshape(matMul(parts[1], matMul(parts[0], parts[2])), [n, 1, h, w]);
  // One multiplication where the baseline is zero; image·m + fill·(1 − m) = fill + (image − fill)·m otherwise.
  const masked = baseline ? add(fill, mul(sub(image, fill), mask)) : mul(image, mask);
  const renewed = rewrite(
    [logits],
    () => undefined,
    (leaf) => (leaf === picture ? masked : leaf),
  );
  return {
    inputs: [image, ...(baseline ? [fill] : []), ...parts],
    mask,
    logits: renewed(logits) as Shaped,
  };
}

/** The masks `from` to `to` as the feeds of a run of `n`; what all masks share goes in once. */
export function maskFeeds({ grid, rows, columns }: Masks, n: number, from: number, to: number) {
  const part = (t: Tensor): Tensor => (t.dims[0] === 1 ? t : padded(t, n, from, to));
  return { grid: padded(grid, n, from, to), rows: part(rows), columns: part(columns) };
}

/** How many masks. Throws `bad-input` where they do not make pictures of the network's size. */
export function checkMasks({ grid, rows, columns }: Masks, { input: [, height, width] }: ModelInfo): number {
  const [n, h, w] = grid.dims as [number, number, number];
  const fits = (t: Tensor, a: number, b: number): boolean =>
    t.dims.length === 3 && (t.dims[0] === n || t.dims[0] === 1) && t.dims[1] === a && t.dims[2] === b;
  if (grid.dims.length !== 3 || !fits(rows, height, h) || !fits(columns, w, width)) {
    const found = [grid, rows, columns].map(({ dims }) => `[${dims.join(', ')}]`).join(', ');
    throw new SightlineError(
      'bad-input',
      `masks are grid [N, h, w], rows [N, ${height}, h] and columns [N, w, ${width}], not ${found}`,
    );
  }
  return n;
}
