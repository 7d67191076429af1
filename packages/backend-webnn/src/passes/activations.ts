import {
  abs,
  add,
  apply,
  constant,
  equal,
  exp,
  greater,
  log,
  mul,
  neg,
  not,
  numberOf,
  onnxTypes,
  relu,
  square,
  tanh,
  where,
  wordOf,
} from '@sightline/core/graph';
import type { Lowerings } from './lowering.ts';

const elu = (x: Parameters<typeof mul>[0], alpha: number) => apply('Elu', [x as never], { alpha });

/** Ops that the provider leaves to WebAssembly, or gets wrong. */
export const activations: Lowerings = {
  ThresholdedRelu: ({ attributes }, [x]) => where(greater(x!, numberOf(attributes, 'alpha', 1)), x!, 0),
  /** γ·Elu(x; α). */
  Selu: ({ attributes }, [x]) =>
    mul(elu(x!, numberOf(attributes, 'alpha', 1.6732632423543772)), numberOf(attributes, 'gamma', 1.0507009873554805)),
  /** α·Elu(x/α; 1). */
  Celu: ({ attributes }, [x]) => {
    const alpha = numberOf(attributes, 'alpha', 1);
    return mul(elu(mul(x!, 1 / alpha), 1), alpha);
  },
  /** The provider computes the erf form whatever `approximate` says: up to 5e-4 off. */
  Gelu: ({ attributes }, [x]) => {
    if (wordOf(attributes, 'approximate', 'none') !== 'tanh') return undefined;
    const inner = mul(mul(x!, add(mul(square(x!), 0.044715), 1)), Math.sqrt(2 / Math.PI));
    return mul(mul(x!, add(tanh(inner), 1)), 0.5);
  },
  /** max(x, 0) + log(1 + e^−|x|): the browser's own form overflows from 89 on. */
  Softplus: (_, [x]) => add(relu(x!), log(add(exp(neg(abs(x!))), 1))),
  /** A boolean is a whole number to WebNN, and 0.7 cast to one is 0. */
  Cast: ({ attributes }, [x]) =>
    numberOf(attributes, 'to') === onnxTypes.bool && x!.type === 'float32' ? not(equal(x!, constant(0))) : undefined,
};
