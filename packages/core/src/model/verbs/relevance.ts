import { backward, lrpEpsilon, type Composite } from '../../backward/index.ts';
import { mul } from '../../graph/ops.ts';
import type { Graph } from '../../graph/value.ts';
import { classifierScores, layerOf, seedOf, type Classifier } from '../classifier.ts';
import type { Job } from '../job.ts';
import type { Model, RelevanceRule } from '../model.ts';
import type { Target } from '../target.ts';
import { atLayer, logitsOnly } from './at-layer.ts';

const composites: { readonly [N in RelevanceRule['name']]: (rule: RelevanceRule & { name: N }) => Composite } = {
  epsilon: ({ epsilon }) => lrpEpsilon(epsilon),
};

/** Picture and target in, logits, a layer's activation and its relevance out: the walk starts with target ⊙ scores. */
export function relevanceGraph(classifier: Classifier, of: Target['of'], rule: RelevanceRule): Graph {
  const activation = layerOf(classifier);
  const scores = classifierScores(classifier.logits, of);
  const { target, seeds } = seedOf(scores);
  const start = new Map([...seeds].map(([value, seed]) => [value, mul(seed, scores)]));
  const relevance = backward(start, [activation], composites[rule.name](rule)).get(activation)!;
  return { inputs: [classifier.picture, target], outputs: { logits: classifier.logits, activation, relevance } };
}

export const relevance = (job: Job): Model['relevance'] =>
  async function (input, target, layer, rule) {
    logitsOnly(target, 'LRP');
    const graph = (classifier: Classifier, of: Target['of']): Graph => relevanceGraph(classifier, of, rule);
    const program = { kind: `relevance ${JSON.stringify(rule)}`, graph };
    const { got, activation, score } = await atLayer(job, program, input, target, layer);
    return { activation, relevance: got['relevance']!, score };
  };
