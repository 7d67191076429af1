import type { Resident } from '../../backend/backend.ts';
import { input } from '../../graph/build.ts';
import { add, matMul, mul, reshape, transpose } from '../../graph/ops.ts';
import type { Graph } from '../../graph/value.ts';
import { tensor, type Tensor } from '../../tensor/tensor.ts';
import { classifierScores, type Classifier } from '../classifier.ts';
import { checkPictures, targetFeed, uploadAll, type Job } from '../job.ts';
import type { Model } from '../model.ts';
import { targetInput, type Target } from '../target.ts';
import { checkMasks, maskedClassifier, maskFeeds, type MaskShape } from './masks.ts';

/**
 * One picture, a batch of masks and the sum so far in; the scores [n] of the masked pictures and the total with
 * Σ_n score_n · mask_n out. `counts` [n, 1] is 0 for what only pads the batch.
 */
export function maskedSumGraph(classifier: Classifier, shape: MaskShape, of: Target['of']): Graph {
  const { inputs, mask, logits } = maskedClassifier(classifier, shape);
  const [n, , h, w] = mask.dims as [number, number, number, number];
  const target = input(targetInput, [1, logits.dims[1]!]);
  const counts = input('counts', [n, 1]);
  const sofar = input('sum', [h, w]);
  const scores = matMul(classifierScores(logits, of), transpose(target, [1, 0]));
  const weighted = matMul(transpose(mul(scores, counts), [1, 0]), reshape(mask, [n, h * w]));
  return {
    inputs: [...inputs, target, counts, sofar],
    outputs: { scores: reshape(scores, [n]), total: add(sofar, reshape(weighted, [h, w])) },
  };
}

export const maskedSum = (job: Job): Model['maskedSum'] =>
  async function (picture, target, baseline) {
    const { network, info, pause } = job;
    const { feed } = targetFeed(target, info);
    checkPictures(picture, info);
    if (baseline) checkPictures(baseline, info);
    const [, height, width] = info.input;
    const tensors = [picture, feed, tensor([height, width]), ...(baseline ? [baseline] : [])];
    const [image, goal, nothing, fill] = await uploadAll(job, tensors);
    let sum = nothing!;
    const scores: { readonly values: Resident; readonly count: number }[] = [];
    return {
      async add(masks) {
        const count = checkMasks(masks, info);
        await network.inBatches(count, pause, async (n, from, to) => {
          const { feeds: parts, shape } = maskFeeds(masks, n, from, to, fill !== undefined);
          const counts = tensor(
            [n, 1],
            Float32Array.from({ length: n }, (_, i) => Number(from + i < to)),
          );
          const feeds = { image: image!, ...(fill && { baseline: fill }), ...parts, [targetInput]: goal!, counts, sum };
          const build = (): Graph => maskedSumGraph(network.classifier(n), shape, target.of);
          const got = await job.keep(`masked sum ${target.of} ${JSON.stringify(shape)}`, build, feeds);
          sum.release();
          sum = got['total']!;
          scores.push({ values: got['scores']!, count: to - from });
        });
      },
      async read() {
        const parts = await Promise.all(
          scores.map(async ({ values, count }) => [...((await values.read()) as Tensor).data.subarray(0, count)]),
        );
        const { data } = (await sum.read()) as Tensor;
        return { sum: tensor([height, width], data.slice()), scores: Float32Array.from(parts.flat()) };
      },
      close() {
        for (const resident of [image!, goal!, sum, ...scores.map(({ values }) => values)]) resident.release();
        fill?.release();
      },
    };
  };
