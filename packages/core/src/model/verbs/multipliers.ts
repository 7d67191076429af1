import { backward, deepLift } from '../../backward/index.ts';
import { zeros } from '../../graph/ops.ts';
import type { Graph, Shaped } from '../../graph/value.ts';
import { rewrite } from '../../graph/walk.ts';
import { classifierScores, layerOf, seedOf, type Classifier } from '../classifier.ts';
import { checkPictures, pictureInput, scoreIn, targetFeed, type Job } from '../job.ts';
import type { Model } from '../model.ts';
import { targetInput, type Target } from '../target.ts';

/** DeepLIFT-Rescale from the scores down to the layer, held against the same tail run on zeros: constants, folded when the graph is compiled. */
export function multipliersGraph(classifier: Classifier, of: Target['of']): Graph {
  const activation = layerOf(classifier);
  const scores = classifierScores(classifier.logits, of);
  const nothing = zeros(activation.dims);
  const reference = rewrite([scores], (original) =>
    original.outputs.includes(activation) ? original.outputs.map((o) => (o === activation ? nothing : o)) : undefined,
  );
  const { target, seeds } = seedOf(scores);
  const composite = deepLift((value) => reference(value) as Shaped);
  const multipliers = backward(seeds, [activation], composite).get(activation)!;
  return { inputs: [classifier.picture, target], outputs: { logits: classifier.logits, activation, multipliers } };
}

export const multipliers = (job: Job): Model['multipliers'] =>
  async function (input, target, layer) {
    const { network, info, pause } = job;
    const { feed } = targetFeed(target, info);
    checkPictures(input, info);
    const name = network.layer(layer);
    await pause();
    const build = (): Graph => multipliersGraph(network.classifier(1, name), target.of);
    const feeds = { [pictureInput(job)]: input, [targetInput]: feed };
    const got = await job.run(`multipliers ${name} ${target.of}`, build, feeds);
    const score = scoreIn(job, input, got['logits']!, target);
    return { activation: got['activation']!, multipliers: got['multipliers']!, score };
  };
