import type { Graph } from '../../graph/value.ts';
import type { Tensor } from '../../tensor/tensor.ts';
import type { Classifier } from '../classifier.ts';
import { checkPictures, pictureInput, type Job } from '../job.ts';
import type { Model } from '../model.ts';
import { padded, readTarget } from '../network.ts';
import { weightsOf } from '../target.ts';

/** Pictures in, logits out. */
export const scoreGraph = ({ picture, logits }: Classifier): Graph => ({ inputs: [picture], outputs: { logits } });

export const score = (job: Job): Model['score'] =>
  async function (batch, target) {
    const { network, info, pause } = job;
    const weights = weightsOf(target, info.classes);
    const count = checkPictures(batch, info);
    const scores = new Float32Array(count);
    await network.inBatches(count, pause, async (n, from, to) => {
      const feeds = { [pictureInput(job)]: padded(batch, n, from, to) };
      const { logits } = await job.run(`score ${n}`, () => scoreGraph(network.classifier(n)), feeds);
      scores.set(readTarget(logits!, target, weights, to - from), from);
    });
    return scores;
  };

/** The logits [1, K] of one picture; from whatever program ran it before, so that nothing runs twice. */
export async function logitsOf(job: Job, input: Tensor): Promise<Tensor> {
  const { network } = job;
  const known = network.logitsOf(input);
  if (known) return known;
  const feeds = { [pictureInput(job)]: input };
  const { logits } = await job.run('score 1', () => scoreGraph(network.classifier(1)), feeds);
  return network.keepLogits(input, logits!);
}
