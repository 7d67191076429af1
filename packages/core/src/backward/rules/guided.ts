import { and, greater, less, relu, where } from '../../graph/ops.ts';
import type { Node } from '../../graph/value.ts';
import type { Composite } from '../composite.ts';
import type { Rule } from '../rule.ts';
import { gradient } from './gradient/index.ts';

/** ReLU6, as exporters write it. */
const isRelu6 = (node: Node): boolean =>
  node.op === 'Clip' && node.attributes['min'] === 0 && node.attributes['max'] === 6;

/** Guided backpropagation at a ReLU (Springenberg et al. 2015, arXiv 1412.6806): only positive evidence, through active units. */
export const guidedRelu: Rule = (node, dy, { output }) => {
  const active = isRelu6(node) ? and(greater(output, 0), less(output, 6)) : greater(output, 0);
  return [where(active, relu(dy), 0)];
};

/** Deconvnet at a ReLU (Zeiler & Fergus 2014, arXiv 1311.2901): only positive evidence, whatever the unit did. */
export const deconvRelu: Rule = (_, dy) => [relu(dy)];

export const guidedBackprop: Composite = [
  ['Relu', guidedRelu],
  [isRelu6, guidedRelu],
  ['*', gradient],
];
export const deconvnet: Composite = [
  ['Relu', deconvRelu],
  [isRelu6, deconvRelu],
  ['*', gradient],
];
