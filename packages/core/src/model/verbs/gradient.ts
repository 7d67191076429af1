import type { Graph } from '../../graph/value.ts';
import { size, tensor } from '../../tensor/tensor.ts';
import { gradientOf, type Classifier } from '../classifier.ts';
import { checkPictures, pictureInput, targetFeed, type Job } from '../job.ts';
import type { Model } from '../model.ts';
import { padded, readTarget } from '../network.ts';
import { targetInput, type Target } from '../target.ts';

/** Pictures and target in, logits and d(target)/d(picture) out. */
export function gradientGraph(classifier: Classifier, of: Target['of']): Graph {
  const { target, result } = gradientOf(classifier, of, classifier.picture);
  return { inputs: [classifier.picture, target], outputs: { logits: classifier.logits, gradient: result } };
}

export const gradient = (job: Job): Model['gradient'] =>
  async function (batch, target) {
    const { network, info, pause } = job;
    const { weights, feed } = targetFeed(target, info);
    const count = checkPictures(batch, info);
    const scores = new Float32Array(count);
    const result = tensor(batch.dims);
    await network.inBatches(count, pause, async (n, from, to) => {
      const feeds = { [pictureInput(job)]: padded(batch, n, from, to), [targetInput]: feed };
      const build = (): Graph => gradientGraph(network.classifier(n), target.of);
      const got = await job.run(`gradient ${n} ${target.of}`, build, feeds);
      if (count === 1) network.keepLogits(batch, got['logits']!);
      const step = size(batch.dims.slice(1));
      result.data.set(got['gradient']!.data.subarray(0, (to - from) * step), from * step);
      scores.set(readTarget(got['logits']!, target, weights, to - from), from);
    });
    return { gradient: result, score: scores };
  };
