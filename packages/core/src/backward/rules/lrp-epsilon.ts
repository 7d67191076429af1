import { add, div, less, mul, where } from '../../graph/ops.ts';
import type { Shaped, Value } from '../../graph/value.ts';
import type { Composite } from '../composite.ts';
import { refusal, type Rule } from '../rule.ts';
import { gradient, type DifferentiableOp } from './gradient/index.ts';

/**
 * LRP-ε (Bach et al. 2015, https://doi.org/10.1371/journal.pone.0130140, eq. 58; methods.md §3), with the same ε at every layer:
 * at a node z = Σ_i w_i x_i + b, input i gets x_i · w_i · R / (z + ε · sign z), with sign 0 = 1. The bias keeps its share, so
 * relevance is conserved where there is none. captum's default is ε = 1e-9 everywhere.
 *
 * Activations hand on what arrives. Sums and averages are linear nodes like any other: an addition splits by the size of its terms. A
 * maximum goes to the winner. At a gate (a product of data with a sigmoid's result, or with one number a channel) all goes to the
 * signal. What is none of these is refused by name.
 */
export function lrpEpsilon(epsilon = 1e-9): Composite {
  /** forward z, divide, backward, multiply: the four steps of Montavon et al. (2019). */
  const linear: Rule = (node, R, context) => {
    const z = context.output;
    const s = div(R, add(z, where(less(z, 0), -epsilon, epsilon)));
    return gradient(node, s, context).map((c, i) => c && mul(node.inputs[i] as Shaped, c));
  };

  /** One operand is data: linear. Two: all to the signal. */
  const product: Rule = (node, R, context) => {
    const data = node.inputs.filter((x) => x && !x.constant);
    if (data.length < 2) return linear(node, R, context);
    if (node.op !== 'Mul') throw refusal(node, 'LRP has no rule for this op where more than one operand is data');
    const signal = node.inputs.findIndex((x, i) => isGate(node.inputs[1 - i]!, x!, context.output));
    if (signal < 0 || isGate(node.inputs[signal]!, node.inputs[1 - signal]!, context.output))
      throw refusal(node, 'LRP has no rule for a product of data of which neither factor is a gate');
    return node.inputs.map((_, i) => (i === signal ? R : undefined));
  };

  /** Elementwise: relevance goes through as it is. */
  const pass: Rule = (node, R, { wants, output }) => {
    const i = wants.indexOf(true);
    const x = node.inputs[i] as Shaped;
    if (wants.lastIndexOf(true) !== i || x.dims.join() !== output.dims.join())
      throw refusal(node, 'LRP has no rule for this op where its data is broadcast, or is more than one operand');
    return wants.map((_, k) => (k === i ? R : undefined));
  };

  const rules: readonly (readonly [Rule, readonly DifferentiableOp[]])[] = [
    [linear, ['Conv', 'ConvTranspose', 'BatchNormalization', 'Add', 'Sub', 'AveragePool', 'GlobalAveragePool']],
    [linear, ['ReduceSum', 'ReduceMean', 'Div', 'Neg']],
    [product, ['Mul', 'MatMul', 'Gemm']],
    [gradient, ['MaxPool', 'GlobalMaxPool', 'ReduceMax']],
    [gradient, ['Reshape', 'Transpose', 'Concat', 'Split', 'Slice', 'Pad', 'Gather', 'Identity', 'Cast', 'Expand']],
    [
      pass,
      ['Relu', 'LeakyRelu', 'PRelu', 'Clip', 'Elu', 'Selu', 'Celu', 'HardSwish', 'Softplus', 'Tanh', 'Gelu', 'Mish'],
    ],
    [pass, ['Sigmoid', 'HardSigmoid', 'ThresholdedRelu', 'Softsign']],
  ];
  const refuse: Rule = (node) => {
    throw refusal(node, 'LRP-ε has no rule for this op');
  };
  return [...rules.flatMap(([rule, ops]) => ops.map((op) => [op, rule] as const)), ['*', refuse]];
}

const squashes: ReadonlySet<string> = new Set(['Sigmoid', 'HardSigmoid', 'Softmax', 'Tanh', 'Erf', 'Clip']);
const affine: ReadonlySet<string> = new Set(['Add', 'Sub', 'Mul', 'Div']);

/** Whether `x` only scales the other factor: one number for many of the product's elements, or what a sigmoid (of whatever kind) made. */
function isGate(x: Value, other: Value, product: Shaped): boolean {
  const whole = ({ dims }: Value): boolean => dims?.join() === product.dims.join();
  return (!whole(x) && whole(other)) || (isSquashed(x) && !isSquashed(other));
}

/** The result of a sigmoid, behind sums and products with constants: how exporters write hard swish and GELU. */
function isSquashed(value: Value): boolean {
  const { node } = value;
  if (!node || squashes.has(node.op)) return node !== undefined;
  const data = node.inputs.filter((x) => x && !x.constant);
  return affine.has(node.op) && data.length === 1 && isSquashed(data[0]!);
}
