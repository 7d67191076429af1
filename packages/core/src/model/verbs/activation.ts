import type { Graph } from '../../graph/value.ts';
import { layerOf, type Classifier } from '../classifier.ts';
import { checkPictures, pictureInput, type Job } from '../job.ts';
import type { Model } from '../model.ts';

/** Picture in, logits and a layer's activation out. */
export function activationGraph(classifier: Classifier): Graph {
  return { inputs: [classifier.picture], outputs: { logits: classifier.logits, activation: layerOf(classifier) } };
}

export const activation = (job: Job): Model['activation'] =>
  async function (input, layer) {
    const { network, info, pause } = job;
    checkPictures(input, info);
    const name = network.layer(layer);
    await pause();
    const build = (): Graph => activationGraph(network.classifier(1, name));
    const got = await job.run(`activation ${name}`, build, { [pictureInput(job)]: input });
    network.keepLogits(input, got['logits']!);
    return got['activation']!;
  };
