import type { Model } from '../model/model.ts';
import { asProbability, type Target } from '../model/target.ts';
import { tensor, type Tensor } from '../tensor/tensor.ts';
import { inParts } from './parts.ts';
import type { Context } from './types.ts';

/*
 * Deletion and insertion score a picture as its pixels go or come, in the order of a map: after how many pixels, and the area under
 * what comes out.
 */

/** 0, step, 2 · step … and all of them; a step of 0 is one 28th of the picture, rounded up (RISE's evaluation: 1792 of 224²). */
export function pixelSteps(pixels: number, step: number): readonly number[] {
  const size = step || Math.ceil(pixels / 28);
  return Array.from({ length: Math.ceil(pixels / size) + 1 }, (_, k) => Math.min(k * size, pixels));
}

/** 0, 2.5, 5 … 100 percent of the pixels (LIFT-CAM's evaluation). */
export const pixelShares = (pixels: number): readonly number[] =>
  Array.from({ length: 41 }, (_, k) => Math.round((k / 40) * pixels));

/**
 * The target's probability as the pixels of one picture [1, C, H, W] take the place of another's, in an order of the pixels: once
 * for each of `counts`, which rise.
 */
export async function replacementCurve(
  model: Pick<Model, 'score'>,
  target: Target,
  {
    from,
    to,
    order,
    counts,
  }: { readonly from: Tensor; readonly to: Tensor; readonly order: Int32Array; readonly counts: readonly number[] },
  job: Pick<Context, 'signal' | 'progress'>,
): Promise<readonly number[]> {
  const picture = from.data.slice();
  const curve: number[] = [];
  let replaced = 0;
  await inParts(counts.length, 8, job, 'pictures', async (first, end) => {
    const batch = tensor([end - first, ...from.dims.slice(1)]);
    counts.slice(first, end).forEach((count, n) => {
      for (; replaced < count; replaced++) {
        for (let i = order[replaced]!; i < picture.length; i += order.length) picture[i] = to.data[i]!;
      }
      batch.data.set(picture, n * picture.length);
    });
    curve.push(...(await model.score(batch, asProbability(target))));
  });
  return curve;
}

/** The area under a curve over 0 … 1, by trapezoids; its points count as evenly spaced, as in RISE's code, also where the last step is shorter. */
export const areaUnder = (curve: readonly number[]): number =>
  (curve.reduce((sum, s) => sum + s, 0) - (curve[0]! + curve.at(-1)!) / 2) / (curve.length - 1);
