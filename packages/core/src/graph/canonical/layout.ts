import { int64s, size, type AnyTensor } from '../../tensor/tensor.ts';
import { constant, node as build } from '../build.ts';
import { axisOf, numberOf, numbersOf, wordOf } from '../shapes/index.ts';
import type { Attributes, Value } from '../value.ts';
import { data, parameter, refuse, required, type Canonicaliser, type Reading } from './rule.ts';

const made = (
  { node }: Reading,
  op: string,
  inputs: readonly (Value | undefined)[],
  attributes: Attributes,
): readonly Value[] => build(op, inputs, attributes, { name: node.name, outputs: node.outputs }).outputs;
const reshaped = (reading: Reading, shape: readonly number[]): readonly Value[] =>
  made(reading, 'Reshape', [data(reading)], { shape });

/** 0 keeps a dimension, −1 takes what is left; a file fixed to one batch size is opened to the one wanted. */
function resolveShape(reading: Reading, asked: readonly number[]): number[] {
  const x = data(reading);
  const { wanted, fixed } = reading.batch;
  const zeroKeeps = numberOf(reading.attributes, 'allowzero', 0) === 0;
  const shape = asked.map((d, i) => (d === 0 && zeroKeeps ? x.dims[i]! : d));
  if (fixed !== undefined && shape[0] === fixed && x.dims[0] === wanted) shape[0] = wanted;
  const rest = shape.indexOf(-1);
  if (rest >= 0) shape[rest] = size(x.dims) / size(shape.filter((d) => d !== -1));
  return shape;
}

const reduce: Canonicaliser = (reading) => {
  const { node, attributes } = reading;
  const x = data(reading);
  const given = parameter(reading, 'axes', 1);
  if ((!given || given.length === 0) && numberOf(attributes, 'noop_with_empty_axes', 0) === 1) return [x];
  const axes = given && given.length > 0 ? given.map((a) => axisOf(a, x.dims.length)) : x.dims.map((_, i) => i);
  return made(reading, node.op, [x], { axes, keepdims: numberOf(attributes, 'keepdims', 1) });
};

export const layout: Readonly<Record<string, Canonicaliser>> = {
  ...Object.fromEntries(
    ['Mean', 'Sum', 'Max', 'Min', 'L1', 'L2', 'Prod', 'SumSquare', 'LogSumExp'].map((kind) => [
      `Reduce${kind}`,
      reduce,
    ]),
  ),
  Reshape: (reading) => reshaped(reading, resolveShape(reading, required(reading, 'shape', 1))),
  Flatten: (reading) => {
    const { dims } = data(reading);
    const axis = axisOf(numberOf(reading.attributes, 'axis', 1), dims.length);
    return reshaped(reading, [size(dims.slice(0, axis)), size(dims.slice(axis))]);
  },
  Squeeze: (reading) => {
    const { dims } = data(reading);
    const axes = parameter(reading, 'axes', 1)?.map((a) => axisOf(a, dims.length));
    return reshaped(
      reading,
      dims.filter((d, i) => (axes ? !axes.includes(i) : d !== 1)),
    );
  },
  Unsqueeze: (reading) => {
    const { dims } = data(reading);
    const asked = required(reading, 'axes', 1);
    const axes = asked.map((a) => axisOf(a, dims.length + asked.length));
    const rest = [...dims];
    return reshaped(
      reading,
      Array.from({ length: dims.length + axes.length }, (_, i) => (axes.includes(i) ? 1 : rest.shift()!)),
    );
  },
  Expand: (reading) => {
    const shape = [...required(reading, 'shape', 1)];
    if (reading.batch.fixed !== undefined && shape[0] === reading.batch.fixed && shape.length > 1)
      shape[0] = reading.batch.wanted;
    return made(reading, 'Expand', [data(reading)], { shape });
  },
  Tile: (reading) => made(reading, 'Tile', [data(reading)], { repeats: required(reading, 'repeats', 1) }),
  Transpose: (reading) => {
    const x = data(reading);
    return made(reading, 'Transpose', [x], {
      perm: numbersOf(
        reading.attributes,
        'perm',
        x.dims.map((_, i) => x.dims.length - 1 - i),
      ),
    });
  },
  Concat: (reading) =>
    made(reading, 'Concat', reading.inputs, {
      axis: axisOf(numberOf(reading.attributes, 'axis'), data(reading).dims.length),
    }),
  Split: (reading) => {
    const x = data(reading);
    const axis = axisOf(numberOf(reading.attributes, 'axis', 0), x.dims.length);
    const parts = reading.node.outputs.length;
    const each = Math.ceil(x.dims[axis]! / parts);
    const even = Array.from({ length: parts }, (_, i) => Math.min(each, x.dims[axis]! - i * each));
    return made(reading, 'Split', [x], { axis, split: parameter(reading, 'split', 1) ?? even });
  },
  Slice: (reading) => {
    const x = data(reading);
    const starts = required(reading, 'starts', 1);
    const ends = required(reading, 'ends', 2);
    const axes = (parameter(reading, 'axes', 3) ?? starts.map((_, i) => i)).map((a) => axisOf(a, x.dims.length));
    const steps = parameter(reading, 'steps', 4) ?? starts.map(() => 1);
    const whole = { starts: x.dims.map(() => 0), ends: [...x.dims], steps: x.dims.map(() => 1) };
    axes.forEach((axis, i) => {
      whole.starts[axis] = starts[i]!;
      // ONNX marks "to the very end" by ±2⁶³: brought into the range of exact numbers.
      whole.ends[axis] = Math.max(-(2 ** 31), Math.min(2 ** 31 - 1, ends[i]!));
      whole.steps[axis] = steps[i]!;
    });
    return made(reading, 'Slice', [x], whole);
  },
  Pad: (reading) => {
    const x = data(reading);
    const given = required(reading, 'pads', 1);
    const axes = parameter(reading, 'axes', 3)?.map((a) => axisOf(a, x.dims.length)) ?? x.dims.map((_, i) => i);
    const pads = Array.from({ length: 2 * x.dims.length }, () => 0);
    axes.forEach((axis, i) => {
      pads[axis] = given[i]!;
      pads[axis + x.dims.length] = given[i + axes.length]!;
    });
    const value = parameter(reading, 'value', 2)?.[0] ?? 0;
    return made(reading, 'Pad', [x], { pads, mode: wordOf(reading.attributes, 'mode', 'constant'), value });
  },
  Gather: (reading) => {
    const x = data(reading);
    return made(reading, 'Gather', [x, data(reading, 1)], {
      axis: axisOf(numberOf(reading.attributes, 'axis', 0), x.dims.length),
    });
  },
  Shape: (reading) => {
    const { dims } = data(reading);
    const start = numberOf(reading.attributes, 'start', 0);
    const end = numberOf(reading.attributes, 'end', dims.length);
    return [constant(int64s(dims.slice(start, end)))];
  },
  Size: (reading) => [constant(int64s([size(data(reading).dims)], []))],
  Constant: (reading) => {
    const { value, value_float: float, value_int: int, value_floats: floats, value_ints: ints } = reading.attributes;
    if (typeof value === 'object' && 'data' in value) return [constant(value)];
    if (typeof float === 'number') return [constant(float)];
    if (typeof int === 'number') return [constant(int64s([int], []))];
    if (Array.isArray(ints)) return [constant(int64s(ints as number[]))];
    if (Array.isArray(floats))
      return [constant({ type: 'float32', dims: [floats.length], data: Float32Array.from(floats as number[]) })];
    return refuse(reading, 'it holds text or a sparse tensor');
  },
  ConstantOfShape: (reading) => {
    const dims = required(reading, 'shape', 0);
    const value = reading.attributes['value'] as AnyTensor | undefined;
    const like = value ?? { type: 'float32' as const, dims: [1], data: new Float32Array(1) };
    const [fill] = like.data;
    const filled = new (like.data.constructor as Float32ArrayConstructor)(size(dims)).fill(fill as number);
    return [constant({ ...like, dims, data: filled } as AnyTensor)];
  },
  Range: (reading) => {
    const [start, limit, delta] = [0, 1, 2].map((i) => required(reading, 'start, limit and delta', i)[0]!) as [
      number,
      number,
      number,
    ];
    return [
      constant(
        int64s(Array.from({ length: Math.max(0, Math.ceil((limit - start) / delta)) }, (_, i) => start + i * delta)),
      ),
    ];
  },
};
