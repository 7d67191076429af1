import { abs, add, div, less, max, mul, sub, where } from '../../graph/ops.ts';
import type { Node, Shaped, Value } from '../../graph/value.ts';
import type { Composite } from '../composite.ts';
import type { Rule, RuleContext } from '../rule.ts';
import { gradient } from './gradient/index.ts';

/** Below this a difference of inputs counts as none, and the plain derivative stands in (captum's threshold). */
const nothing = 1e-10;

const nonlinear = new Set([
  ...[
    'Relu',
    'LeakyRelu',
    'PRelu',
    'Elu',
    'Selu',
    'Celu',
    'Clip',
    'Sigmoid',
    'HardSigmoid',
    'HardSwish',
    'Softplus',
    'Tanh',
    'Gelu',
    'Mish',
  ],
  ...['Softsign', 'ThresholdedRelu', 'Erf', 'Exp', 'Log', 'Sqrt', 'Abs', 'Reciprocal', 'Sin', 'Cos', 'Pow'],
]);

/**
 * DeepLIFT-Rescale (Shrikumar et al. 2017): what arrives is a multiplier, and Σ multiplier · (x − x′) is the difference of the outputs.
 * `reference` gives each value as it is when the network sees the reference input.
 *
 * Linear ops: the gradient. Elementwise functions: m = Δout / Δin. Max-pools: split through max(out, out′), so that
 * overlapping windows add up. A product of two data tensors (a gate): the mean of the other factor,
 * Δ(ab) = ā·Δb + b̄·Δa, which keeps the sum exact where captum's plain gradient does not. Normalisations over data
 * (LayerNormalization, LRN, Softmax …) pass the plain gradient: no exact share is defined for them.
 */
export function deepLift(reference: (value: Value) => Shaped): Composite {
  const delta = (value: Shaped): Shaped => sub(value, reference(value));

  /** `shares` of the difference, as multipliers of the input's difference. */
  const perDifference = (x: Shaped, shares: Shaped, otherwise: Shaped): Shaped => {
    const step = delta(x);
    const none = less(abs(step), nothing);
    return where(none, otherwise, div(shares, where(none, 1, step)));
  };

  const rescale: Rule = (node, m, context) => {
    const x = node.inputs[0] as Shaped;
    const plain = gradient(node, m, context);
    return [perDifference(x, mul(m, delta(context.output)), plain[0]!), ...node.inputs.slice(1).map(() => undefined)];
  };

  const pool: Rule = (node, m, context) => {
    const x = node.inputs[0] as Shaped;
    const out = context.output;
    const outReference = reference(out);
    const other = outReference.node;
    const plain = gradient(node, m, context)[0]!;
    if (!other || other === node) return [plain];
    const crossed = max(out, outReference);
    const at = (where: Node, share: Shaped, output: Shaped): Shaped =>
      gradient(where, share, contextOf(context, output))[0]!;
    // Δout = (max(out, out′) − out′) + (out − max(out, out′)): the first part is due to the input's winner, the second to the reference's.
    const shares = add(
      at(node, mul(m, sub(crossed, outReference)), out),
      at(other, mul(m, sub(out, crossed)), outReference),
    );
    return [perDifference(x, shares, plain)];
  };

  const product: Rule = (node, m, context) => {
    const midpoint = node.inputs.map((x) => (x!.constant ? (x as Shaped) : mul(0.5, add(x as Shaped, reference(x!)))));
    return gradient({ ...node, inputs: midpoint }, m, context);
  };

  return [
    [({ op }) => nonlinear.has(op), rescale],
    ['MaxPool', pool],
    ['GlobalMaxPool', pool],
    ['Mul', product],
    ['*', gradient],
  ];
}

const contextOf = (context: RuleContext, output: Shaped): RuleContext => ({ ...context, output });
