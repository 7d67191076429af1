import { refusal, type Rule } from '../../rule.ts';
import { activations, type ActivationOp } from './activations.ts';
import { elementwise, type ElementwiseOp } from './elementwise.ts';
import { layout, type LayoutOp } from './layout.ts';
import { linear, type LinearOp } from './linear.ts';
import { normalisation, type NormalisationOp } from './normalisation.ts';
import { pooling, type PoolingOp } from './pooling.ts';
import { reductions, type ReductionOp } from './reduction.ts';
import type { Inputs, Vjp } from './vjp.ts';

export type DifferentiableOp =
  ElementwiseOp | ActivationOp | LinearOp | PoolingOp | NormalisationOp | LayoutOp | ReductionOp;

/** Every op that has a gradient. A name of the union without its line does not compile. */
const vjps: { readonly [op in DifferentiableOp]: Vjp } = {
  ...elementwise,
  ...activations,
  ...linear,
  ...pooling,
  ...normalisation,
  ...layout,
  ...reductions,
};

export const differentiable = Object.keys(vjps) as readonly DifferentiableOp[];
const isDifferentiable = (op: string): op is DifferentiableOp => Object.hasOwn(vjps, op);

/** The gradient: dy ↦ dyᵀ · ∂y/∂x. Throws `unsupported` for an op that has none here. */
export const gradient: Rule = (node, dy, context) => {
  if (node.domain !== '' || !isDifferentiable(node.op)) throw refusal(node, 'no gradient rule for this op');
  const { attributes } = node;
  return vjps[node.op](dy, node.inputs as unknown as Inputs, { ...context, node, attributes, y: context.output });
};
