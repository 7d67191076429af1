import { SightlineError } from '../../errors.ts';
import { first, numberOf, numbersOf, type ShapeRule } from './rule.ts';
import type { Attributes, Shaped } from '../value.ts';

/** The window of a convolution or pool along each spatial axis; pads come as [begin…, end…]. */
export interface Window {
  readonly kernel: readonly number[];
  readonly strides: readonly number[];
  readonly dilations: readonly number[];
  readonly begin: readonly number[];
  readonly end: readonly number[];
}
export function windowOf(attributes: Attributes): Window {
  const kernel = numbersOf(attributes, 'kernel_shape');
  const rank = kernel.length;
  const pads = numbersOf(attributes, 'pads');
  return {
    kernel,
    strides: numbersOf(attributes, 'strides'),
    dilations: numbersOf(attributes, 'dilations'),
    begin: pads.slice(0, rank),
    end: pads.slice(rank),
  };
}
/** How far a dilated kernel reaches. */
export const reach = ({ kernel, dilations }: Window): number[] => kernel.map((k, i) => (k - 1) * dilations[i]! + 1);

/** Output length of a window sliding over `length`, per ONNX; with ceil_mode the last window must begin inside the data or the front padding. */
function slide(length: number, extent: number, stride: number, begin: number, end: number, ceil: boolean): number {
  const steps = (length + begin + end - extent) / stride;
  const count = (ceil ? Math.ceil(steps) : Math.floor(steps)) + 1;
  return ceil && (count - 1) * stride >= length + begin ? count - 1 : count;
}
function spatial(x: Shaped, attributes: Attributes, ceil: boolean, op: string): number[] {
  const window = windowOf(attributes);
  const extents = reach(window);
  const lengths = x.dims.slice(2);
  if (lengths.length !== extents.length)
    throw new SightlineError('bad-model', `${op}: a ${extents.length}-D window over [${x.dims.join(', ')}]`);
  return lengths.map((n, i) => {
    const out = slide(n, extents[i]!, window.strides[i]!, window.begin[i]!, window.end[i]!, ceil);
    if (out < 1)
      throw new SightlineError(
        'bad-model',
        `${op}: the window [${window.kernel.join(', ')}] is larger than the data [${x.dims.join(', ')}]`,
      );
    return out;
  });
}

const conv: ShapeRule = (inputs, attributes, op) => {
  const x = first(inputs, op);
  const w = inputs[1]!;
  const group = numberOf(attributes, 'group', 1);
  if (x.dims[1] !== w.dims[1]! * group) {
    throw new SightlineError(
      'bad-model',
      `${op}: weights [${w.dims.join(', ')}] × ${group} groups do not fit data [${x.dims.join(', ')}]`,
    );
  }
  return [{ dims: [x.dims[0]!, w.dims[0]!, ...spatial(x, attributes, false, op)], type: x.type }];
};
const convTranspose: ShapeRule = (inputs, attributes, op) => {
  const x = first(inputs, op);
  const window = windowOf(attributes);
  const extra = numbersOf(
    attributes,
    'output_padding',
    window.kernel.map(() => 0),
  );
  const extents = reach(window);
  const lengths = x.dims
    .slice(2)
    .map((n, i) => (n - 1) * window.strides[i]! + extents[i]! + extra[i]! - window.begin[i]! - window.end[i]!);
  return [{ dims: [x.dims[0]!, inputs[1]!.dims[1]! * numberOf(attributes, 'group', 1), ...lengths], type: x.type }];
};
const pool: ShapeRule = (inputs, attributes, op) => {
  const x = first(inputs, op);
  return [
    {
      dims: [...x.dims.slice(0, 2), ...spatial(x, attributes, numberOf(attributes, 'ceil_mode', 0) === 1, op)],
      type: x.type,
    },
  ];
};
const globalPool: ShapeRule = (inputs, _, op) => {
  const x = first(inputs, op);
  return [{ dims: x.dims.map((d, i) => (i < 2 ? d : 1)), type: x.type }];
};

export const spatialOps: Readonly<Record<string, ShapeRule>> = {
  Conv: conv,
  ConvTranspose: convTranspose,
  MaxPool: pool,
  AveragePool: pool,
  GlobalAveragePool: globalPool,
  GlobalMaxPool: globalPool,
  Resize: (inputs, attributes, op) => {
    const x = first(inputs, op);
    const dims = attributes['sizes']
      ? numbersOf(attributes, 'sizes')
      : x.dims.map((d, i) => Math.floor(d * numbersOf(attributes, 'scales')[i]!));
    return [{ dims, type: x.type }];
  },
  DepthToSpace: (inputs, attributes, op) => {
    const [n, c, h, w] = first(inputs, op).dims as [number, number, number, number];
    const b = numberOf(attributes, 'blocksize');
    return [{ dims: [n, c / (b * b), h * b, w * b], type: first(inputs, op).type }];
  },
  SpaceToDepth: (inputs, attributes, op) => {
    const [n, c, h, w] = first(inputs, op).dims as [number, number, number, number];
    const b = numberOf(attributes, 'blocksize');
    return [{ dims: [n, c * b * b, h / b, w / b], type: first(inputs, op).type }];
  },
};
