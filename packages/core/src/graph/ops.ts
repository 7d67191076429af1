import { int64s, size, tensor, type AnyTensor } from '../tensor/tensor.ts';
import { apply, constant, node, shaped } from './build.ts';
import { onnxTypes } from './shapes/index.ts';
import type { Shaped, Value } from './value.ts';

/** Builders for the ops that rules and passes emit, in canonical form: static parameters are attributes. */

export type Operand = Shaped | number;
const valueOf = (x: Operand): Shaped => (typeof x === 'number' ? constant(x) : x);
const isNumber = (x: Operand, n: number): boolean =>
  x === n ||
  (typeof x !== 'number' &&
    x.constant !== undefined &&
    size(x.dims) === 1 &&
    Number(x.constant.data[0]) === n &&
    x.dims.length === 0);

const binary =
  (op: string) =>
  (a: Operand, b: Operand): Shaped =>
    apply(op, [valueOf(a), valueOf(b)]);
const unary =
  (op: string) =>
  (x: Shaped): Shaped =>
    apply(op, [x]);

export const add = binary('Add');
export const sub = binary('Sub');
const product = binary('Mul');
/** Times one is left out. */
export const mul = (a: Operand, b: Operand): Shaped =>
  isNumber(b, 1) && typeof a !== 'number' ? a : isNumber(a, 1) && typeof b !== 'number' ? b : product(a, b);
export const div = binary('Div');
export const pow = binary('Pow');
export const max = binary('Max');
export const min = binary('Min');
export const greater = binary('Greater');
export const greaterOrEqual = binary('GreaterOrEqual');
export const less = binary('Less');
export const lessOrEqual = binary('LessOrEqual');
export const equal = binary('Equal');
export const and = binary('And');
export const not = unary('Not');

export const relu = unary('Relu');
export const neg = unary('Neg');
export const abs = unary('Abs');
export const exp = unary('Exp');
export const log = unary('Log');
export const sqrt = unary('Sqrt');
export const erf = unary('Erf');
export const tanh = unary('Tanh');
export const sigmoid = unary('Sigmoid');
export const reciprocal = unary('Reciprocal');
export const square = (x: Shaped): Shaped => mul(x, x);

export const where = (condition: Shaped, a: Operand, b: Operand): Shaped =>
  apply('Where', [condition, valueOf(a), valueOf(b)]);
/** true → 1, false → 0. */
export const toFloat = (x: Shaped): Shaped => apply('Cast', [x], { to: onnxTypes.float32 });
/** 1 where x > 0, else 0: what a ReLU lets through. */
export const positive = (x: Shaped): Shaped => toFloat(greater(x, 0));

export const softmax = (x: Shaped, axis: number): Shaped => apply('Softmax', [x], { axis });
export const reshape = (x: Shaped, dims: readonly number[]): Shaped =>
  sameDims(x.dims, dims) ? x : apply('Reshape', [x], { shape: dims });
export const expand = (x: Shaped, dims: readonly number[]): Shaped =>
  sameDims(x.dims, dims) ? x : apply('Expand', [x], { shape: dims });
export const transpose = (x: Shaped, perm: readonly number[]): Shaped => apply('Transpose', [x], { perm });
export const concat = (parts: readonly Shaped[], axis: number): Shaped =>
  parts.length === 1 ? parts[0]! : apply('Concat', parts, { axis });
export const split = (x: Shaped, axis: number, sizes: readonly number[]): Shaped[] =>
  node('Split', [x], { axis, split: sizes }).outputs.map(shaped);
/** Starts, ends and steps for every axis of `x`. */
export const slice = (
  x: Shaped,
  starts: readonly number[],
  ends: readonly number[],
  steps: readonly number[] = x.dims.map(() => 1),
): Shaped => apply('Slice', [x], { starts, ends, steps });
/** `pads` as ONNX wants them: begins of all axes, then ends; negative ones crop. */
export const pad = (x: Shaped, pads: readonly number[], value = 0): Shaped =>
  pads.every((p) => p === 0) ? x : apply('Pad', [x], { pads, mode: 'constant', value });

const reduction =
  (op: string) =>
  (x: Shaped, axes: readonly number[], keepdims = true): Shaped =>
    axes.length === 0
      ? x
      : apply(op, [x], { axes: axes.map((a) => (a < 0 ? a + x.dims.length : a)), keepdims: Number(keepdims) });
export const reduceSum = reduction('ReduceSum');
export const reduceMean = reduction('ReduceMean');
export const reduceMax = reduction('ReduceMax');
export const reduceL2 = reduction('ReduceL2');

export const matMul = (a: Shaped, b: Shaped): Shaped => apply('MatMul', [a, b]);
export const gemm = (a: Shaped, b: Shaped, transB = false): Shaped =>
  apply('Gemm', [a, b], { alpha: 1, beta: 1, transA: 0, transB: Number(transB) });

export interface ConvAttributes {
  readonly kernel_shape: readonly number[];
  readonly strides: readonly number[];
  readonly pads: readonly number[];
  readonly dilations: readonly number[];
  readonly group: number;
}
export const conv = (x: Shaped, w: Shaped, attributes: ConvAttributes, bias?: Value): Shaped =>
  apply('Conv', bias ? [x, w, bias] : [x, w], { ...attributes });
export const convTranspose = (
  x: Shaped,
  w: Shaped,
  attributes: ConvAttributes & { readonly output_padding: readonly number[] },
): Shaped => apply('ConvTranspose', [x, w], { ...attributes });

/** Each element `factor` times along each spatial axis: exact on every provider as an asymmetric nearest Resize. */
export const repeat = (x: Shaped, factors: readonly number[]): Shaped =>
  factors.every((f) => f === 1)
    ? x
    : apply('Resize', [x], {
        mode: 'nearest',
        coordinate_transformation_mode: 'asymmetric',
        nearest_mode: 'floor',
        scales: [1, 1, ...factors],
      });

export const zeros = (dims: readonly number[]): Shaped => constant(tensor(dims));
export const numbers = (dims: readonly number[], data: Float32Array | readonly number[]): Shaped =>
  constant(tensor(dims, data));
export const indices = (values: readonly number[]): Shaped => constant(int64s(values));

/** Sums `x` down to `dims`: the transpose of broadcasting. */
export function unbroadcast(x: Shaped, dims: readonly number[]): Shaped {
  const lead = x.dims.length - dims.length;
  const axes = x.dims.map((_, i) => i).filter((i) => i < lead || (dims[i - lead] === 1 && x.dims[i] !== 1));
  return reshape(reduceSum(x, axes), dims);
}

export const sameDims = (a: readonly number[], b: readonly number[]): boolean =>
  a.length === b.length && a.every((d, i) => d === b[i]);
/** The constant behind a value. */
export const constantOf = (value: Value | undefined): AnyTensor | undefined => value?.constant;
