import type { Graph } from '../../graph/value.ts';
import { gradientOf, layerOf, type Classifier } from '../classifier.ts';
import { checkPictures, pictureInput, scoreIn, targetFeed, type Job } from '../job.ts';
import type { Model } from '../model.ts';
import { targetInput, type Target } from '../target.ts';

/** Picture and target in, logits, a layer's activation and d(target)/d(activation) out. */
export function tapGraph(classifier: Classifier, of: Target['of']): Graph {
  const activation = layerOf(classifier);
  const { target, result } = gradientOf(classifier, of, activation);
  return { inputs: [classifier.picture, target], outputs: { logits: classifier.logits, activation, gradient: result } };
}

export const tap = (job: Job): Model['tap'] =>
  async function (input, target, layer) {
    const { network, info, pause } = job;
    const { feed } = targetFeed(target, info);
    checkPictures(input, info);
    const name = network.layer(layer);
    await pause();
    const build = (): Graph => tapGraph(network.classifier(1, name), target.of);
    const feeds = { [pictureInput(job)]: input, [targetInput]: feed };
    const got = await job.run(`tap ${name} ${target.of}`, build, feeds);
    const score = scoreIn(job, input, got['logits']!, target);
    return { activation: got['activation']!, gradient: got['gradient']!, score };
  };
