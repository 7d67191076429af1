import { backward, deepLift } from '../../backward/index.ts';
import { zeros } from '../../graph/ops.ts';
import type { Graph, Shaped } from '../../graph/value.ts';
import { rewrite } from '../../graph/walk.ts';
import { classifierScores, layerOf, seedOf, type Classifier } from '../classifier.ts';
import type { Job } from '../job.ts';
import type { Model } from '../model.ts';
import type { Target } from '../target.ts';
import { atLayer, logitsOnly } from './at-layer.ts';

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
    logitsOnly(target, 'DeepLIFT-Rescale');
    const program = { kind: 'multipliers', graph: multipliersGraph };
    const { got, activation, score } = await atLayer(job, program, input, target, layer);
    return { activation, multipliers: got['multipliers']!, score };
  };
