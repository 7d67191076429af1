import type { Graph } from '../../graph/value.ts';
import type { Classifier } from '../classifier.ts';
import { checkPictures, type Job } from '../job.ts';
import type { Model } from '../model.ts';
import { readTarget } from '../network.ts';
import { weightsOf } from '../target.ts';
import { checkMasks, maskedClassifier, maskFeeds, type MaskShape } from './masks.ts';

/** One picture and a batch of masks in, the logits of the masked pictures out. */
export function maskedGraph(classifier: Classifier, shape: MaskShape): Graph {
  const { inputs, logits } = maskedClassifier(classifier, shape);
  return { inputs, outputs: { logits } };
}

export const maskedScore = (job: Job): Model['maskedScore'] =>
  async function (input, target, masks, baseline) {
    const { network, info, pause } = job;
    const weights = weightsOf(target, info.classes);
    const count = checkMasks(masks, info);
    checkPictures(input, info);
    if (baseline) checkPictures(baseline, info);
    const scores = new Float32Array(count);
    await job.uploaded([input, ...(baseline ? [baseline] : [])], async (image, fill) => {
      await network.inBatches(count, pause, async (n, from, to) => {
        const { feeds: parts, shape } = maskFeeds(masks, n, from, to, fill !== undefined);
        const feeds = { image, ...parts, ...(fill && { baseline: fill }) };
        const build = (): Graph => maskedGraph(network.classifier(n), shape);
        const { logits } = await job.run(`masked ${JSON.stringify(shape)}`, build, feeds);
        scores.set(readTarget(logits!, target, weights, to - from), from);
      });
    });
    return scores;
  };
