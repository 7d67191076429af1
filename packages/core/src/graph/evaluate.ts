import { elementArrays, size, toNumbers, type AnyTensor, type ElementType } from '../tensor/tensor.ts';
import { elementType, numberOf, numbersOf, sliceRange } from './shapes/index.ts';
import type { Attributes, Node } from './value.ts';

/**
 * What can be computed while a graph is read: shapes, indices and stored weights (codebooks behind Gather, quantised weights).
 * Not a runtime: the ops of the network itself are left to the backend.
 */
export function evaluate(node: Node, inputs: readonly (AnyTensor | undefined)[]): AnyTensor | undefined {
  const dims = node.outputs[0]!.dims;
  if (!dims || node.domain !== '') return undefined;
  return evaluators[node.op]?.(inputs as readonly AnyTensor[], node.attributes, dims);
}
type Evaluator = (
  inputs: readonly AnyTensor[],
  attributes: Attributes,
  dims: readonly number[],
) => AnyTensor | undefined;

function filled(type: ElementType, dims: readonly number[], at: (i: number) => number | bigint): AnyTensor {
  const data = new elementArrays[type](size(dims));
  const whole = type === 'int64';
  const integer = whole || type === 'int32';
  for (let i = 0; i < data.length; i++) {
    const v = at(i);
    data[i] = whole ? (typeof v === 'bigint' ? v : BigInt(Math.trunc(v))) : integer ? Math.trunc(Number(v)) : Number(v);
  }
  return { type, dims, data } as AnyTensor;
}
const strides = (dims: readonly number[]): number[] => dims.map((_, i) => size(dims.slice(i + 1)));

/** For each element of `dims`, where it lies in a tensor of `source`, given how far each axis of `dims` moves there. */
function offsets(dims: readonly number[], steps: readonly number[], start = 0): Int32Array {
  const result = new Int32Array(size(dims));
  const index = dims.map(() => 0);
  let offset = start;
  for (let i = 0; i < result.length; i++) {
    result[i] = offset;
    for (let axis = dims.length - 1; axis >= 0; axis--) {
      offset += steps[axis]!;
      if (++index[axis]! < dims[axis]!) break;
      offset -= steps[axis]! * dims[axis]!;
      index[axis] = 0;
    }
  }
  return result;
}
const gathered = (x: AnyTensor, dims: readonly number[], steps: readonly number[], start = 0): AnyTensor => {
  const from = offsets(dims, steps, start);
  return filled(x.type, dims, (i) => x.data[from[i]!]!);
};
/** Steps through `source` when it is broadcast to `dims`. */
const broadcastSteps = (source: readonly number[], dims: readonly number[]): number[] => {
  const own = strides(source);
  const lead = dims.length - source.length;
  return dims.map((_, i) => (i < lead || source[i - lead] === 1 ? 0 : own[i - lead]!));
};
const elementwise =
  (f: (...values: number[]) => number, result?: ElementType): Evaluator =>
  (inputs, _, dims) => {
    const places = inputs.map((x) => offsets(dims, broadcastSteps(x.dims, dims)));
    const sources = inputs.map((x) => x.data);
    return filled(result ?? inputs.at(-1)!.type, dims, (i) =>
      f(...sources.map((data, k) => Number(data[places[k]![i]!]!))),
    );
  };

const evaluators: Readonly<Record<string, Evaluator>> = {
  Add: elementwise((a, b) => a + b),
  Sub: elementwise((a, b) => a - b),
  Mul: elementwise((a, b) => a * b),
  Div: (inputs, attributes, dims) => {
    const whole = inputs[0]!.type !== 'float32' && inputs[0]!.type !== 'float64';
    return elementwise((a, b) => (whole ? Math.trunc(a / b) : a / b))(inputs, attributes, dims);
  },
  Pow: elementwise((a, b) => a ** b),
  Max: elementwise(Math.max),
  Min: elementwise(Math.min),
  Mod: elementwise((a, b) => a - b * Math.floor(a / b)),
  Neg: elementwise((a) => -a),
  Sqrt: elementwise(Math.sqrt),
  Reciprocal: elementwise((a) => 1 / a),
  Floor: elementwise(Math.floor),
  Ceil: elementwise(Math.ceil),
  Equal: elementwise((a, b) => Number(a === b), 'bool'),
  Greater: elementwise((a, b) => Number(a > b), 'bool'),
  Less: elementwise((a, b) => Number(a < b), 'bool'),
  Not: elementwise((a) => Number(a === 0), 'bool'),
  And: elementwise((a, b) => Number(a !== 0 && b !== 0), 'bool'),
  Where: elementwise((condition, a, b) => (condition ? a : b)),
  Cast: ([x], attributes, dims) => filled(elementType(numberOf(attributes, 'to'))!, dims, (i) => x!.data[i]!),
  Reshape: ([x], _, dims) => ({ ...x!, dims, data: x!.data }) as AnyTensor,
  Identity: ([x]) => x,
  Transpose: ([x], attributes, dims) =>
    gathered(
      x!,
      dims,
      numbersOf(attributes, 'perm').map((p) => strides(x!.dims)[p]!),
    ),
  Expand: ([x], _, dims) => gathered(x!, dims, broadcastSteps(x!.dims, dims)),
  Slice: ([x], attributes, dims) => {
    const [starts, ends, steps] = ['starts', 'ends', 'steps'].map((name) => numbersOf(attributes, name)) as [
      number[],
      number[],
      number[],
    ];
    const own = strides(x!.dims);
    const start = x!.dims.reduce(
      (sum, d, i) => sum + sliceRange(d, starts[i]!, ends[i]!, steps[i]!).start * own[i]!,
      0,
    );
    return gathered(
      x!,
      dims,
      own.map((s, i) => s * steps[i]!),
      start,
    );
  },
  Concat: (inputs, attributes, dims) => {
    const axis = numberOf(attributes, 'axis');
    const result = filled(inputs[0]!.type, dims, () => 0);
    let begin = 0;
    for (const x of inputs) {
      const to = offsets(x.dims, strides(dims), begin * strides(dims)[axis]!);
      for (let i = 0; i < to.length; i++) result.data[to[i]!] = x.data[i]!;
      begin += x.dims[axis]!;
    }
    return result;
  },
  Gather: ([x, indices], attributes, dims) => {
    const axis = numberOf(attributes, 'axis', 0);
    const [outer, inner, length] = [size(x!.dims.slice(0, axis)), size(x!.dims.slice(axis + 1)), x!.dims[axis]!];
    const at = toNumbers(indices!).map((i) => (i < 0 ? i + length : i));
    const result = filled(x!.type, dims, () => 0);
    for (let o = 0, to = 0; o < outer; o++) {
      for (const i of at) {
        const from = (o * length + i) * inner;
        result.data.set(x!.data.subarray(from, from + inner) as never, to);
        to += inner;
      }
    }
    return result;
  },
  /** Stored 8-bit weights, per tensor or per channel: y = (x − zero) · scale. */
  DequantizeLinear: ([x, scale, zero], attributes, dims) => {
    const axis = numberOf(attributes, 'axis', 1);
    const inner = scale!.data.length === 1 ? Infinity : size(dims.slice(axis + 1));
    const channel = (i: number): number => (inner === Infinity ? 0 : Math.floor(i / inner) % scale!.data.length);
    return filled(
      'float32',
      dims,
      (i) => (Number(x!.data[i]!) - Number(zero?.data[channel(i)] ?? 0)) * Number(scale!.data[channel(i)]!),
    );
  },
};
