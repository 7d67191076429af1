import { fill, shown, together, type Reals } from './array.ts';
import type { Operation } from './interpreter.ts';

/** erf x = 2/√π · e^(−x²) · Σ 2ⁿ x^(2n+1)/(2n+1)!!, whose terms all have one sign. */
export function erf(x: number): number {
  if (Math.abs(x) > 6) return Math.sign(x);
  let term = x;
  let total = 0;
  for (let n = 0; Math.abs(term) > 1e-18 * Math.abs(total) && n < 500; n++) {
    total += term;
    term *= (2 * x * x) / (2 * n + 3);
  }
  return (2 / Math.sqrt(Math.PI)) * Math.exp(-x * x) * total;
}
const softplus = (x: number): number => Math.log1p(Math.exp(-Math.abs(x))) + Math.max(x, 0);
const sigmoid = (x: number): number => 1 / (1 + Math.exp(-x));
const clamp = (x: number, low: number, high: number): number => Math.min(Math.max(x, low), high);
/** To the nearest whole number, halves to the even one. */
const round = (x: number): number => (Math.abs(x % 1) === 0.5 ? 2 * Math.round(x / 2) : Math.round(x));

type Parameters = (name: string, otherwise?: number) => number;
const unary =
  (f: (x: number, parameter: Parameters) => number): Operation =>
  ([x], { attributes }) => {
    const parameter: Parameters = (name, otherwise) => {
      const value = attributes[name] ?? otherwise;
      if (typeof value !== 'number') throw new TypeError(`attribute ${name}`);
      return value;
    };
    return [{ dims: x.dims, data: x.data.map((v) => f(v, parameter)) }];
  };
const binary =
  (f: (a: number, b: number) => number): Operation =>
  ([a, b]) => [fill(together([a.dims, b.dims]), (index) => f(shown(a, index), shown(b, index)))];

const gelu = (x: number): number => 0.5 * x * (1 + erf(x / Math.sqrt(2)));
const geluTanh = (x: number): number => 0.5 * x * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (x + 0.044715 * x ** 3)));

export const elementwise: Readonly<Record<string, Operation>> = {
  Add: binary((a, b) => a + b),
  Sub: binary((a, b) => a - b),
  Mul: binary((a, b) => a * b),
  Div: binary((a, b) => a / b),
  Pow: binary((a, b) => a ** b),
  Max: binary(Math.max),
  Min: binary(Math.min),
  And: binary((a, b) => Number(a !== 0 && b !== 0)),
  Or: binary((a, b) => Number(a !== 0 || b !== 0)),
  Equal: binary((a, b) => Number(a === b)),
  Greater: binary((a, b) => Number(a > b)),
  GreaterOrEqual: binary((a, b) => Number(a >= b)),
  Less: binary((a, b) => Number(a < b)),
  LessOrEqual: binary((a, b) => Number(a <= b)),
  PRelu: binary((x, slope) => (x < 0 ? slope * x : x)),
  Where: ([condition, a, b]) => [
    fill(together([condition.dims, a.dims, b.dims]), (index) => shown(shown(condition, index) !== 0 ? a : b, index)),
  ],
  Not: unary((x) => Number(x === 0)),
  Identity: unary((x) => x),
  Cast: ([x], { node }) => {
    const to = node.outputs[0]!.type;
    if (to === 'bool') return [{ dims: x.dims, data: x.data.map((v) => Number(v !== 0)) }];
    return [{ dims: x.dims, data: to.startsWith('float') ? x.data : x.data.map(Math.trunc) }];
  },
  Neg: unary((x) => -x),
  Abs: unary(Math.abs),
  Reciprocal: unary((x) => 1 / x),
  Exp: unary(Math.exp),
  Log: unary(Math.log),
  Sqrt: unary(Math.sqrt),
  Erf: unary(erf),
  Sin: unary(Math.sin),
  Cos: unary(Math.cos),
  Sign: unary(Math.sign),
  Floor: unary(Math.floor),
  Ceil: unary(Math.ceil),
  Round: unary(round),
  Relu: unary((x) => Math.max(x, 0)),
  LeakyRelu: unary((x, p) => (x < 0 ? p('alpha') * x : x)),
  ThresholdedRelu: unary((x, p) => (x > p('alpha') ? x : 0)),
  Clip: unary((x, p) => clamp(x, p('min', -Infinity), p('max', Infinity))),
  Elu: unary((x, p) => (x < 0 ? p('alpha') * Math.expm1(x) : x)),
  Selu: unary((x, p) => p('gamma') * (x < 0 ? p('alpha') * Math.expm1(x) : x)),
  Celu: unary((x, p) => Math.max(x, 0) + Math.min(0, p('alpha') * Math.expm1(x / p('alpha')))),
  Sigmoid: unary(sigmoid),
  HardSigmoid: unary((x, p) => clamp(p('alpha') * x + p('beta'), 0, 1)),
  HardSwish: unary((x) => x * clamp(x / 6 + 0.5, 0, 1)),
  Softplus: unary(softplus),
  Softsign: unary((x) => x / (1 + Math.abs(x))),
  Tanh: unary(Math.tanh),
  Gelu: ([x], { attributes }): readonly Reals[] => [
    { dims: x.dims, data: x.data.map(attributes['approximate'] === 'tanh' ? geluTanh : gelu) },
  ],
  Mish: unary((x) => x * Math.tanh(softplus(x))),
};
