import { abs, add, apply, div, mul, numberOf, type Shaped } from '@sightline/core/graph';
import { withShapes } from './lowering.ts';

const elu = (x: Shaped, alpha: number): Shaped => apply('Elu', [x], { alpha });

/** γ · Elu_α(x). */
export const selu = withShapes(([x], { attributes }) =>
  mul(elu(x!, numberOf(attributes, 'alpha', 1.6732632423543772)), numberOf(attributes, 'gamma', 1.0507009873554805)),
);

/** α · Elu₁(x / α). */
export const celu = withShapes(([x], { attributes }) => {
  const alpha = numberOf(attributes, 'alpha', 1);
  return mul(elu(mul(x!, 1 / alpha), 1), alpha);
});

/** x / (1 + |x|). */
export const softsign = withShapes(([x]) => div(x!, add(abs(x!), 1)));
