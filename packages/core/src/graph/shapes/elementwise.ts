import { broadcast, first, numberOf, type ShapeRule } from './rule.ts';
import type { ElementType } from '../../tensor/tensor.ts';

const same: ShapeRule = (inputs, _, op) => [{ dims: first(inputs, op).dims, type: first(inputs, op).type }];
const broadcasting: ShapeRule = (inputs, _, op) => {
  const { type } = first(inputs, op);
  return [{ dims: inputs.reduce<readonly number[]>((dims, x) => broadcast(dims, x!.dims), []), type }];
};
const comparing: ShapeRule = (inputs, attributes, op) =>
  broadcasting(inputs, attributes, op).map(({ dims }) => ({ dims, type: 'bool' }));

/** ONNX's numbers for element types. */
export const onnxTypes: Readonly<Record<ElementType, number>> = {
  float32: 1,
  uint8: 2,
  int8: 3,
  int32: 6,
  int64: 7,
  bool: 9,
  float64: 11,
};
const typeOfNumber = new Map<number, ElementType>(
  Object.entries(onnxTypes).map(([type, n]) => [n, type as ElementType]),
);
/** Element types as a graph holds them: float16 (10) and bfloat16 (16) are widened to float32. */
export const elementType = (onnx: number): ElementType | undefined =>
  onnx === 10 || onnx === 16 ? 'float32' : typeOfNumber.get(onnx);

const unary = [
  ...[
    'Relu',
    'LeakyRelu',
    'Elu',
    'Selu',
    'Clip',
    'Sigmoid',
    'HardSigmoid',
    'HardSwish',
    'Softplus',
    'Tanh',
    'Gelu',
    'Erf',
    'Exp',
    'Log',
  ],
  ...[
    'Sqrt',
    'Neg',
    'Abs',
    'Reciprocal',
    'Softmax',
    'LogSoftmax',
    'LRN',
    'BatchNormalization',
    'InstanceNormalization',
    'Identity',
  ],
  ...[
    'LayerNormalization',
    'Sign',
    'Floor',
    'Ceil',
    'Round',
    'Celu',
    'Mish',
    'Softsign',
    'Sin',
    'Cos',
    'CumSum',
    'GroupNormalization',
  ],
  ...['ThresholdedRelu'],
];

export const elementwise: Readonly<Record<string, ShapeRule>> = {
  ...Object.fromEntries(unary.map((op) => [op, same])),
  ...Object.fromEntries(
    ['Add', 'Sub', 'Mul', 'Div', 'Pow', 'Max', 'Min', 'Mod', 'And', 'Or'].map((op) => [op, broadcasting]),
  ),
  ...Object.fromEntries(['Equal', 'Greater', 'GreaterOrEqual', 'Less', 'LessOrEqual'].map((op) => [op, comparing])),
  PRelu: (inputs, _, op) => [{ dims: first(inputs, op).dims, type: first(inputs, op).type }],
  Not: (inputs, _, op) => [{ dims: first(inputs, op).dims, type: 'bool' }],
  Where: ([condition, a, b]) => [{ dims: broadcast(broadcast(condition!.dims, a!.dims), b!.dims), type: a!.type }],
  Cast: (inputs, attributes, op) => [
    { dims: first(inputs, op).dims, type: elementType(numberOf(attributes, 'to')) ?? 'float32' },
  ],
  // What quantised classifiers are made of: they can be run and scored, not differentiated.
  QuantizeLinear: ([x, , zero]) => [{ dims: x!.dims, type: zero?.type ?? 'uint8' }],
  DequantizeLinear: ([x]) => [{ dims: x!.dims, type: 'float32' }],
};
