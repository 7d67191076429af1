import { apply } from '../../../graph/build.ts';
import {
  and,
  div,
  equal,
  greater,
  greaterOrEqual,
  less,
  log,
  mul,
  neg,
  pow,
  sub,
  unbroadcast,
  where,
} from '../../../graph/ops.ts';
import { numberOf, onnxTypes } from '../../../graph/shapes/index.ts';
import type { Shaped } from '../../../graph/value.ts';
import { flat, type Vjp, type Vjps } from './vjp.ts';

export type ElementwiseOp =
  | 'Add'
  | 'Sub'
  | 'Mul'
  | 'Div'
  | 'Pow'
  | 'Max'
  | 'Min'
  | 'Where'
  | 'Cast'
  | 'Identity'
  | 'Neg'
  | 'Abs'
  | 'Reciprocal'
  | 'Exp'
  | 'Log'
  | 'Sqrt'
  | 'Erf'
  | 'Sin'
  | 'Cos'
  | 'Sign'
  | 'Floor'
  | 'Ceil'
  | 'Round'
  | 'And'
  | 'Or'
  | 'Not'
  | 'Equal'
  | 'Greater'
  | 'GreaterOrEqual'
  | 'Less'
  | 'LessOrEqual';

/** Two operands that broadcast against each other: each share is summed down to its operand. */
const binary =
  (vjp: (dy: Shaped, a: Shaped, b: Shaped, y: Shaped) => readonly [() => Shaped, () => Shaped]): Vjp =>
  (dy, [a, b], { y, wants }) =>
    vjp(dy, a, b, y).map((share, i) => (wants[i] ? unbroadcast(share(), [a, b][i]!.dims) : undefined));

/** The winner takes dy; equals take half each, as torch.maximum. */
const winner = (wins: (a: Shaped, b: Shaped) => Shaped): Vjp =>
  binary((dy, a, b) => {
    const share = (own: Shaped, other: Shaped) => (): Shaped =>
      where(wins(own, other), dy, where(equal(own, other), mul(dy, 0.5), 0));
    return [share(a, b), share(b, a)];
  });

/** The constant exponent of a power, where it is one number. */
const exponentOf = (p: Shaped): number | undefined =>
  p.constant && p.constant.data.length === 1 ? Number(p.constant.data[0]) : undefined;

/** d(xᵖ)/dx = p·xᵖ⁻¹, and 0 for p = 0 at every x, as PyTorch. */
function powerSlope(x: Shaped, p: Shaped): Shaped | number {
  const n = exponentOf(p);
  if (n === 0) return 0;
  if (n === 1) return 1;
  if (n === 2) return mul(x, 2);
  if (n !== undefined) return mul(pow(x, n - 1), n);
  return where(equal(p, 0), 0, mul(p, pow(x, sub(p, 1))));
}

export const elementwise: Vjps<ElementwiseOp> = {
  Add: binary((dy) => [() => dy, () => dy]),
  Sub: binary((dy) => [() => dy, () => neg(dy)]),
  Mul: binary((dy, a, b) => [() => mul(dy, b), () => mul(dy, a)]),
  Div: binary((dy, _, b, y) => [() => div(dy, b), () => neg(div(mul(dy, y), b))]),
  Pow: binary((dy, x, p, y) => [
    () => mul(dy, powerSlope(x, p)),
    // d(xᵖ)/dp = y·ln x, and 0 at x = 0 ≤ p, where the logarithm is not to be asked.
    () => {
      const none = and(equal(x, 0), greaterOrEqual(p, 0));
      return where(none, 0, mul(dy, mul(y, log(where(none, 1, x)))));
    },
  ]),
  Max: winner(greater),
  Min: winner(less),
  Where: (dy, [condition, a, b], { wants }) => [
    undefined,
    wants[1] ? unbroadcast(where(condition, dy, 0), a.dims) : undefined,
    wants[2] ? unbroadcast(where(condition, 0, dy), b.dims) : undefined,
  ],
  /** Between floats a copy; whole numbers and booleans have no derivative. */
  Cast: (dy, [x], { y, attributes }) => {
    const floats = [x, y].every(({ type }) => type === 'float32' || type === 'float64');
    if (!floats) return [];
    return [numberOf(attributes, 'to') === onnxTypes[x.type] ? dy : apply('Cast', [dy], { to: onnxTypes[x.type] })];
  },
  Identity: (dy) => [dy],
  Neg: (dy) => [neg(dy)],
  Abs: (dy, [x]) => [where(greater(x, 0), dy, where(less(x, 0), neg(dy), 0))],
  Reciprocal: (dy, _, { y }) => [neg(mul(dy, mul(y, y)))],
  Exp: (dy, _, { y }) => [mul(dy, y)],
  Log: (dy, [x]) => [div(dy, x)],
  Sqrt: (dy, _, { y }) => [div(mul(dy, 0.5), y)],
  Erf: (dy, [x]) => [mul(dy, mul(apply('Exp', [neg(mul(x, x))]), 2 / Math.sqrt(Math.PI)))],
  Sin: (dy, [x]) => [mul(dy, apply('Cos', [x]))],
  Cos: (dy, [x]) => [neg(mul(dy, apply('Sin', [x])))],
  Sign: flat,
  Floor: flat,
  Ceil: flat,
  Round: flat,
  And: flat,
  Or: flat,
  Not: flat,
  Equal: flat,
  Greater: flat,
  GreaterOrEqual: flat,
  Less: flat,
  LessOrEqual: flat,
};
