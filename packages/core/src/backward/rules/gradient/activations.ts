import { apply } from '../../../graph/build.ts';
import {
  abs,
  add,
  and,
  div,
  erf,
  exp,
  greater,
  greaterOrEqual,
  less,
  lessOrEqual,
  mul,
  sigmoid,
  square,
  sub,
  tanh,
  unbroadcast,
  where,
} from '../../../graph/ops.ts';
import { numberOf, wordOf } from '../../../graph/shapes/index.ts';
import type { Attributes, Shaped } from '../../../graph/value.ts';
import type { Vjps } from './vjp.ts';

export type ActivationOp =
  | 'Relu'
  | 'LeakyRelu'
  | 'PRelu'
  | 'ThresholdedRelu'
  | 'Clip'
  | 'Elu'
  | 'Selu'
  | 'Celu'
  | 'Sigmoid'
  | 'HardSigmoid'
  | 'HardSwish'
  | 'Softplus'
  | 'Softsign'
  | 'Tanh'
  | 'Gelu'
  | 'Mish';

/** ONNX's defaults. */
const alphaOf = (attributes: Attributes, otherwise: number): number => numberOf(attributes, 'alpha', otherwise);
const selu = { alpha: 1.6732632423543772, gamma: 1.0507009873554805 };

/**
 * Which elements a Clip lets through: all of [min, max], as torch.clamp. Clip(0, 6) is how ReLU6 is written, whose gradient
 * in PyTorch is open at both ends: there the output tells, and the Clip stays fused with the convolution before it.
 */
export function unclipped(x: Shaped, y: Shaped, attributes: Attributes): Shaped | undefined {
  const low = numberOf(attributes, 'min', -Infinity);
  const high = numberOf(attributes, 'max', Infinity);
  if (low === 0 && high === 6) return and(greater(y, 0), less(y, 6));
  const above = low === -Infinity ? undefined : greaterOrEqual(x, low);
  const below = high === Infinity ? undefined : lessOrEqual(x, high);
  return above && below ? and(above, below) : (above ?? below);
}

/** d/dx of x·½(1 + erf(x/√2)) = Φ(x) + x·φ(x). */
const geluSlope = (x: Shaped): Shaped =>
  add(mul(add(erf(mul(x, Math.SQRT1_2)), 1), 0.5), mul(x, mul(exp(mul(square(x), -0.5)), 1 / Math.sqrt(2 * Math.PI))));

/** d/dx of ½x(1 + tanh u), u = √(2/π)(x + 0.044715x³). */
function geluTanhSlope(x: Shaped): Shaped {
  const k = Math.sqrt(2 / Math.PI);
  const x2 = square(x);
  const t = tanh(mul(mul(x, add(mul(x2, 0.044715), 1)), k));
  const du = mul(add(mul(x2, 3 * 0.044715), 1), k);
  return mul(add(add(t, 1), mul(mul(x, sub(1, square(t))), du)), 0.5);
}

/** d/dx of x·tanh(softplus x). */
function mishSlope(x: Shaped): Shaped {
  const t = tanh(apply('Softplus', [x]));
  return add(t, mul(mul(x, sub(1, square(t))), sigmoid(x)));
}

export const activations: Vjps<ActivationOp> = {
  /** By the output: the input of a ReLU is then no longer needed, and the runtime fuses it with the convolution before it. */
  Relu: (dy, _, { y }) => [where(greater(y, 0), dy, 0)],
  LeakyRelu: (dy, [x], { y, attributes }) => {
    const alpha = alphaOf(attributes, 0.01);
    return [where(greater(alpha > 0 ? y : x, 0), dy, mul(dy, alpha))];
  },
  PRelu: (dy, [x, slope], { wants }) => {
    const on = greater(x, 0);
    return [
      wants[0] ? where(on, dy, mul(dy, slope)) : undefined,
      wants[1] ? unbroadcast(where(on, 0, mul(dy, x)), slope.dims) : undefined,
    ];
  },
  ThresholdedRelu: (dy, [x], { attributes }) => [where(greater(x, alphaOf(attributes, 1)), dy, 0)],
  Clip: (dy, [x], { y, attributes }) => {
    const through = unclipped(x, y, attributes);
    return [through ? where(through, dy, 0) : dy];
  },
  /** Below zero α·eˣ = y + α. */
  Elu: (dy, [x], { y, attributes }) => [where(greater(x, 0), dy, mul(dy, add(y, alphaOf(attributes, 1))))],
  Selu: (dy, [x], { y, attributes }) => {
    const gamma = numberOf(attributes, 'gamma', selu.gamma);
    return [where(greater(x, 0), mul(dy, gamma), mul(dy, add(y, gamma * alphaOf(attributes, selu.alpha))))];
  },
  /** Below zero e^(x/α) = y/α + 1. */
  Celu: (dy, [x], { y, attributes }) => [where(greater(x, 0), dy, mul(dy, add(mul(y, 1 / alphaOf(attributes, 1)), 1)))],
  Sigmoid: (dy, _, { y }) => [mul(dy, mul(y, sub(1, y)))],
  HardSigmoid: (dy, _, { y, attributes }) => [
    where(and(greater(y, 0), less(y, 1)), mul(dy, alphaOf(attributes, 0.2)), 0),
  ],
  /** 0 below −3, x/3 + ½ up to 3, then 1: as PyTorch. */
  HardSwish: (dy, [x]) => [where(greater(x, 3), dy, where(less(x, -3), 0, mul(dy, add(mul(x, 1 / 3), 0.5))))],
  Softplus: (dy, [x]) => [mul(dy, sigmoid(x))],
  Softsign: (dy, [x]) => [div(dy, square(add(abs(x), 1)))],
  Tanh: (dy, _, { y }) => [mul(dy, sub(1, square(y)))],
  Gelu: (dy, [x], { attributes }) => [
    mul(dy, wordOf(attributes, 'approximate', 'none') === 'tanh' ? geluTanhSlope(x) : geluSlope(x)),
  ],
  Mish: (dy, [x]) => [mul(dy, mishSlope(x))],
};
