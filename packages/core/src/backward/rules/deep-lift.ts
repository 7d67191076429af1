import { abs, add, div, expand, less, max, mul, sub, unbroadcast, where } from '../../graph/ops.ts';
import type { Node, Shaped, Value } from '../../graph/value.ts';
import type { Composite } from '../composite.ts';
import { refusal, type Rule } from '../rule.ts';
import { differentiable, gradient, type DifferentiableOp } from './gradient/index.ts';

/**
 * DeepLIFT-Rescale (Shrikumar et al. 2017, arXiv 1704.02685; methods.md §2.2): what arrives at a value x is a multiplier m,
 * and Σ m ⊙ (x − x₀) is the same at every cut through the network: the difference that the reference makes to the score.
 * `reference` gives each value of the graph as it is for the reference input.
 *
 * Products of data (gates) are where implementations differ: captum hands on the plain gradient, which breaks the sum. Here
 * the other factor is taken halfway between input and reference: Δ(ab) = Δa·(b + b₀)/2 + Δb·(a + a₀)/2, exactly. Ops that mix
 * elements nonlinearly (Softmax, LRN, normalisation by the data's own statistics) have no such rule and are refused.
 */
export function deepLift(reference: (value: Value) => Shaped): Composite {
  const halfway = (x: Value | undefined): Value | undefined =>
    x && !x.constant ? mul(add(x as Shaped, reference(x)), 0.5) : x;

  /** m = m_out·Δy/Δx, element by element; the derivative where Δx is nothing. */
  const rescale: Rule = (node, m, context) => {
    const i = context.wants.indexOf(true);
    const x = node.inputs[i] as Shaped;
    if (context.wants.lastIndexOf(true) !== i)
      throw refusal(node, 'DeepLIFT has no rule for this op where more than one operand is data');
    if (x.dims.join() !== context.output.dims.join())
      throw refusal(node, 'DeepLIFT has no rule for this op where its data is broadcast');
    const slope = (): Shaped => gradient(node, m, context)[i] ?? mul(m, 0);
    const difference = sub(context.output, reference(node.outputs[0]!));
    return shareAt(
      i,
      perDifference(sub(x, reference(x)), slope, (dx) => mul(m, div(difference, dx))),
    );
  };

  /** For an op that is linear in each operand, the gradient at the point halfway is exact. */
  const product: Rule = (node, m, context) => {
    const data = node.inputs.filter((x) => x && !x.constant).length;
    return gradient(data > 1 ? { ...node, inputs: node.inputs.map(halfway) } : node, m, context);
  };

  /** a/b as the product of a and 1/b: Δ(1/b)/Δb = −1/(b·b₀). */
  const quotient: Rule = (node, m, context) => {
    const [a, b] = node.inputs as [Shaped, Shaped];
    if (!context.wants[1]) return gradient(node, m, context);
    const b0 = reference(b);
    const inverse = mul(add(div(1, b), div(1, b0)), 0.5);
    return [
      context.wants[0] ? unbroadcast(mul(m, inverse), a.dims) : undefined,
      unbroadcast(div(mul(m, mul(halfway(a) as Shaped, -1)), mul(b, b0)), b.dims),
    ];
  };

  /**
   * What the maximum gained goes to where the input has it, what it lost to where the reference had it, as in captum: with
   * c = max(y, y₀), m_out·(c − y₀) and m_out·(y − c), over Δx at each place.
   */
  const maximum: Rule = (node, m, context) => {
    const x = node.inputs[0] as Shaped;
    const y = context.output;
    const [x0, y0] = [expand(reference(x), x.dims), expand(reference(node.outputs[0]!), y.dims)];
    const cross = max(y, y0);
    const [gained] = gradient(node, mul(m, sub(cross, y0)), context);
    const [lost] = gradient({ ...node, inputs: [x0] }, mul(m, sub(y, cross)), { ...context, output: y0 });
    const slope = (): Shaped => gradient(node, m, context)[0]!;
    return [perDifference(sub(x, x0), slope, (dx) => div(add(gained!, lost!), dx))];
  };

  /** A condition that depends on the data switches branches, which no multiplier accounts for. */
  const selection: Rule = (node, m, context) => {
    if (context.wants[0]) throw refusal(node, 'DeepLIFT has no rule for a choice that depends on the data');
    return gradient(node, m, context);
  };

  const rules = new Map<DifferentiableOp, Rule>();
  const give = (rule: Rule, ops: readonly DifferentiableOp[]): void => ops.forEach((op) => rules.set(op, rule));
  give(gradient, linear);
  give(rescale, elementwise);
  give(product, ['Mul', 'MatMul', 'Gemm', 'Conv', 'ConvTranspose']);
  give(quotient, ['Div']);
  give(maximum, ['MaxPool', 'GlobalMaxPool', 'ReduceMax']);
  give(selection, ['Where']);
  const refuse: Rule = (node: Node) => {
    throw refusal(node, 'DeepLIFT-Rescale has no rule for this op');
  };
  return [...differentiable.flatMap((op) => (rules.has(op) ? [[op, rules.get(op)!] as const] : [])), ['*', refuse]];
}

/** Below this a difference counts as none (captum, methods.md §2.2). */
const negligible = 1e-10;

function perDifference(dx: Shaped, slope: () => Shaped, share: (dx: Shaped) => Shaped): Shaped {
  const none = less(abs(dx), negligible);
  return where(none, slope(), share(where(none, 1, dx)));
}
const shareAt = (i: number, share: Shaped): (Shaped | undefined)[] => [
  ...Array.from({ length: i }, () => undefined),
  share,
];

const linear: readonly DifferentiableOp[] = [
  ...(['Add', 'Sub', 'Neg', 'Identity', 'Cast', 'BatchNormalization', 'AveragePool', 'GlobalAveragePool'] as const),
  ...(['Reshape', 'Transpose', 'Expand', 'Tile', 'Concat', 'Split', 'Slice', 'Pad', 'Gather', 'Resize'] as const),
  ...(['DepthToSpace', 'SpaceToDepth', 'ReduceSum', 'ReduceMean', 'CumSum'] as const),
];
const elementwise: readonly DifferentiableOp[] = [
  ...([
    'Relu',
    'LeakyRelu',
    'PRelu',
    'ThresholdedRelu',
    'Clip',
    'Elu',
    'Selu',
    'Celu',
    'Sigmoid',
    'HardSigmoid',
  ] as const),
  ...([
    'HardSwish',
    'Softplus',
    'Softsign',
    'Tanh',
    'Gelu',
    'Mish',
    'Erf',
    'Exp',
    'Log',
    'Sqrt',
    'Abs',
    'Reciprocal',
  ] as const),
  ...(['Sin', 'Cos', 'Sign', 'Floor', 'Ceil', 'Round', 'Pow', 'Max', 'Min'] as const),
];
