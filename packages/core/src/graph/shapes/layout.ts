import { SightlineError } from '../../errors.ts';
import { size } from '../../tensor/tensor.ts';
import { broadcast, first, numberOf, numbersOf, type ShapeRule } from './rule.ts';

/** −1 means the last axis, and so on. */
export const axisOf = (axis: number, rank: number): number => (axis < 0 ? axis + rank : axis);

/** Start and number of steps of one sliced axis, clamped as ONNX says. */
export function sliceRange(length: number, start: number, end: number, step: number): { start: number; count: number } {
  const clamp = (v: number, low: number, high: number): number => Math.min(Math.max(v < 0 ? v + length : v, low), high);
  const from = step > 0 ? clamp(start, 0, length) : clamp(start, 0, length - 1);
  const to = step > 0 ? clamp(end, 0, length) : clamp(end, -1, length - 1);
  return { start: from, count: Math.max(0, Math.ceil((to - from) / step)) };
}

const reduce: ShapeRule = (inputs, attributes, op) => {
  const x = first(inputs, op);
  const axes = numbersOf(attributes, 'axes');
  const keep = numberOf(attributes, 'keepdims', 1) === 1;
  return [{ dims: x.dims.flatMap((d, i) => (axes.includes(i) ? (keep ? [1] : []) : [d])), type: x.type }];
};
const matMul: ShapeRule = ([a, b]) => {
  const m = a!.dims.length === 1 ? [1, ...a!.dims] : a!.dims;
  const n = b!.dims.length === 1 ? [...b!.dims, 1] : b!.dims;
  if (m.at(-1) !== n.at(-2))
    throw new SightlineError('bad-model', `MatMul: [${a!.dims.join(', ')}] × [${b!.dims.join(', ')}]`);
  const dims = [...broadcast(m.slice(0, -2), n.slice(0, -2)), m.at(-2)!, n.at(-1)!];
  if (b!.dims.length === 1) dims.pop();
  if (a!.dims.length === 1) dims.splice(dims.length - (b!.dims.length === 1 ? 1 : 2), 1);
  return [{ dims, type: a!.type }];
};
const reduceOps = [
  'ReduceMean',
  'ReduceSum',
  'ReduceMax',
  'ReduceMin',
  'ReduceL1',
  'ReduceL2',
  'ReduceProd',
  'ReduceSumSquare',
  'ReduceLogSumExp',
];

export const layout: Readonly<Record<string, ShapeRule>> = {
  ...Object.fromEntries(reduceOps.map((op) => [op, reduce])),
  MatMul: matMul,
  Gemm: ([a, b], attributes) => {
    const rows = a!.dims[numberOf(attributes, 'transA', 0)]!;
    const columns = b!.dims[1 - numberOf(attributes, 'transB', 0)]!;
    if (a!.dims[1 - numberOf(attributes, 'transA', 0)] !== b!.dims[numberOf(attributes, 'transB', 0)])
      throw new SightlineError('bad-model', `Gemm: [${a!.dims.join(', ')}] × [${b!.dims.join(', ')}]`);
    return [{ dims: [rows, columns], type: a!.type }];
  },
  Reshape: (inputs, attributes, op) => {
    const x = first(inputs, op);
    const dims = numbersOf(attributes, 'shape');
    if (size(dims) !== size(x.dims))
      throw new SightlineError('bad-model', `${op}: [${x.dims.join(', ')}] cannot become [${dims.join(', ')}]`);
    return [{ dims, type: x.type }];
  },
  Expand: (inputs, attributes, op) => [
    { dims: broadcast(first(inputs, op).dims, numbersOf(attributes, 'shape')), type: first(inputs, op).type },
  ],
  Tile: (inputs, attributes, op) => [
    {
      dims: first(inputs, op).dims.map((d, i) => d * numbersOf(attributes, 'repeats')[i]!),
      type: first(inputs, op).type,
    },
  ],
  Transpose: (inputs, attributes, op) => [
    { dims: numbersOf(attributes, 'perm').map((p) => first(inputs, op).dims[p]!), type: first(inputs, op).type },
  ],
  Concat: (inputs, attributes, op) => {
    const axis = numberOf(attributes, 'axis');
    const total = inputs.reduce((sum, x) => sum + x!.dims[axis]!, 0);
    return [{ dims: first(inputs, op).dims.map((d, i) => (i === axis ? total : d)), type: first(inputs, op).type }];
  },
  Split: (inputs, attributes, op) => {
    const x = first(inputs, op);
    const axis = numberOf(attributes, 'axis');
    return numbersOf(attributes, 'split').map((n) => ({
      dims: x.dims.map((d, i) => (i === axis ? n : d)),
      type: x.type,
    }));
  },
  /** Canonical: one start, end and step for every axis of the data. */
  Slice: (inputs, attributes, op) => {
    const x = first(inputs, op);
    const [starts, ends, steps] = ['starts', 'ends', 'steps'].map((name) => numbersOf(attributes, name)) as [
      number[],
      number[],
      number[],
    ];
    return [{ dims: x.dims.map((d, i) => sliceRange(d, starts[i]!, ends[i]!, steps[i]!).count), type: x.type }];
  },
  Pad: (inputs, attributes, op) => {
    const x = first(inputs, op);
    const pads = numbersOf(attributes, 'pads');
    return [{ dims: x.dims.map((d, i) => d + pads[i]! + pads[i + x.dims.length]!), type: x.type }];
  },
  Gather: ([x, indices], attributes) => {
    const axis = numberOf(attributes, 'axis', 0);
    return [{ dims: [...x!.dims.slice(0, axis), ...indices!.dims, ...x!.dims.slice(axis + 1)], type: x!.type }];
  },
};
