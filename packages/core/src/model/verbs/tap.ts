import type { Graph } from '../../graph/value.ts';
import { gradientOf, layerOf, type Classifier } from '../classifier.ts';
import type { Job } from '../job.ts';
import type { Model } from '../model.ts';
import type { Target } from '../target.ts';
import { atLayer } from './at-layer.ts';

/** Picture and target in, logits, a layer's activation and d(target)/d(activation) out. */
export function tapGraph(classifier: Classifier, of: Target['of']): Graph {
  const activation = layerOf(classifier);
  const { target, result } = gradientOf(classifier, of, activation);
  return { inputs: [classifier.picture, target], outputs: { logits: classifier.logits, activation, gradient: result } };
}

export const tap = (job: Job): Model['tap'] =>
  async function (input, target, layer) {
    const program = { kind: 'tap', graph: tapGraph };
    const { got, activation, score } = await atLayer(job, program, input, target, layer);
    return { activation, gradient: got['gradient']!, score };
  };
