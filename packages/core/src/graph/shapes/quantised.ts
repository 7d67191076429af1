import { spatialOps } from './spatial.ts';
import { broadcast, first, type ShapeRule } from './rule.ts';

/** Ops of 8-bit networks: they can be run and scored, and no more. Operands come as (data, scale, zero point) triples. */
const triple =
  (i: number): ShapeRule =>
  (inputs, _, op) => [{ dims: first(inputs, op).dims, type: inputs[i]?.type ?? first(inputs, op).type }];
const pair: ShapeRule = (inputs, _, op) => [
  { dims: broadcast(first(inputs, op).dims, inputs[3]!.dims), type: first(inputs, op).type },
];

export const quantised: Readonly<Record<string, ShapeRule>> = {
  QLinearConv: (inputs, attributes, op) => spatialOps['Conv']!([inputs[0], inputs[3]], attributes, op),
  ConvInteger: (inputs, attributes, op) =>
    spatialOps['Conv']!([inputs[0], inputs[1]], attributes, op).map(({ dims }) => ({ dims, type: 'int32' })),
  QLinearMatMul: (inputs, _, op) => [
    { dims: [...first(inputs, op).dims.slice(0, -1), inputs[3]!.dims.at(-1)!], type: first(inputs, op).type },
  ],
  MatMulInteger: (inputs, _, op) => [
    { dims: [...first(inputs, op).dims.slice(0, -1), inputs[1]!.dims.at(-1)!], type: 'int32' },
  ],
  'com.microsoft:QGemm': (inputs, _, op) => [
    { dims: [first(inputs, op).dims[0]!, inputs[3]!.dims[0]!], type: first(inputs, op).type },
  ],
  'com.microsoft:QLinearAdd': pair,
  'com.microsoft:QLinearMul': pair,
  'com.microsoft:QLinearSigmoid': triple(0),
  'com.microsoft:QLinearLeakyRelu': triple(0),
  'com.microsoft:QLinearGlobalAveragePool': (inputs, attributes, op) =>
    spatialOps['GlobalAveragePool']!([inputs[0]], attributes, op),
};
