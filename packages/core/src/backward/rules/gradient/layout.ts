import { apply } from '../../../graph/build.ts';
import { concat, pad, reduceSum, reshape, split, transpose, unbroadcast, zeros } from '../../../graph/ops.ts';
import { numberOf, numbersOf, sliceRange, wordOf } from '../../../graph/shapes/index.ts';
import { size, toNumbers } from '../../../tensor/tensor.ts';
import type { Attributes, Shaped } from '../../../graph/value.ts';
import { refusal } from '../../rule.ts';
import { gather, padsAlong, scatterAlong, sliceAlong } from '../../../graph/along.ts';
import { resize } from './resize.ts';
import type { Vjp, Vjps } from './vjp.ts';

export type LayoutOp =
  | 'Reshape'
  | 'Transpose'
  | 'Expand'
  | 'Tile'
  | 'Concat'
  | 'Split'
  | 'Slice'
  | 'Pad'
  | 'Gather'
  | 'DepthToSpace'
  | 'SpaceToDepth'
  | 'Resize';

const axisAttribute = (attributes: Attributes): number => numberOf(attributes, 'axis', 0);
const range = (n: number): number[] => Array.from({ length: n }, (_, i) => i);

/** Back to where a slice of one axis came from; what it left out gets zeros. A step becomes a row of zeros behind each element. */
function unslice(dy: Shaped, axis: number, length: number, start: number, step: number): Shaped {
  if (step < 0) {
    // Negative steps are never emitted: a runtime gets them wrong (ecosystem.md §1.6).
    const count = dy.dims[axis]!;
    return unslice(gather(dy, axis, range(count).reverse()), axis, length, start + (count - 1) * step, -step);
  }
  const spread = insertZeros(dy, axis, step);
  return pad(spread, padsAlong(dy.dims.length, axis, start, length - start - spread.dims[axis]!));
}

/** Each element followed by step − 1 zeros along an axis. */
export function insertZeros(x: Shaped, axis: number, step: number): Shaped {
  if (step === 1) return x;
  const opened = reshape(x, [...x.dims.slice(0, axis + 1), 1, ...x.dims.slice(axis + 1)]);
  const padded = pad(opened, padsAlong(opened.dims.length, axis + 1, 0, step - 1));
  return reshape(
    padded,
    x.dims.map((d, i) => (i === axis ? d * step : d)),
  );
}

/** Where each element of a padded axis comes from. */
function padSources(mode: string, length: number, begin: number, end: number): number[] | undefined {
  const period = 2 * Math.max(length - 1, 1);
  const wrap = (i: number, n: number): number => ((i % n) + n) % n;
  const sources: Record<string, (i: number) => number> = {
    edge: (i) => Math.min(Math.max(i, 0), length - 1),
    reflect: (i) => (wrap(i, period) < length ? wrap(i, period) : period - wrap(i, period)),
    wrap: (i) => wrap(i, length),
  };
  const source = sources[mode];
  return source && range(length + begin + end).map((i) => source(i - begin));
}

/** Depth to space as a reshape, a transpose and a reshape, run backwards. */
const spaceToDepth: Vjp = (dy, [x], { attributes }) => {
  const [n, c, h, w] = x.dims as [number, number, number, number];
  const b = numberOf(attributes, 'blocksize');
  const columnFirst = wordOf(attributes, 'mode', 'DCR') === 'CRD';
  const blocks = reshape(dy, [n, c / (b * b), h, b, w, b]);
  return [reshape(transpose(blocks, columnFirst ? [0, 1, 3, 5, 2, 4] : [0, 3, 5, 1, 2, 4]), x.dims)];
};

export const layout: Vjps<LayoutOp> = {
  Reshape: (dy, [x]) => [reshape(dy, x.dims)],
  Transpose: (dy, _, { attributes }) => {
    const perm = numbersOf(attributes, 'perm');
    return [
      transpose(
        dy,
        perm.map((__, i) => perm.indexOf(i)),
      ),
    ];
  },
  Expand: (dy, [x]) => [unbroadcast(dy, x.dims)],
  Tile: (dy, [x], { attributes }) => {
    const repeats = numbersOf(attributes, 'repeats');
    const copies = reshape(
      dy,
      x.dims.flatMap((d, i) => [repeats[i]!, d]),
    );
    return [
      reshape(
        reduceSum(
          copies,
          x.dims.map((_, i) => 2 * i),
          false,
        ),
        x.dims,
      ),
    ];
  },
  Concat: (dy, _, { node, attributes, wants }) => {
    const axis = axisAttribute(attributes);
    const sizes = node.inputs.map((part) => part!.dims![axis]!);
    if (sizes.length > 1 && wants.every(Boolean)) return split(dy, axis, sizes);
    let end = 0;
    return sizes.map((length, i) => {
      end += length;
      return wants[i] ? sliceAlong(dy, axis, end - length, end) : undefined;
    });
  },
  Split: (_, __, { node, attributes, arriving }) => [
    concat(
      arriving.map((dy, i) => dy ?? zeros(node.outputs[i]!.dims!)),
      axisAttribute(attributes),
    ),
  ],
  Slice: (dy, [x], { attributes }) => {
    const [starts, ends, steps] = ['starts', 'ends', 'steps'].map((name) => numbersOf(attributes, name)) as [
      number[],
      number[],
      number[],
    ];
    return [
      x.dims.reduce((share, length, axis) => {
        const step = steps[axis]!;
        return unslice(share, axis, length, sliceRange(length, starts[axis]!, ends[axis]!, step).start, step);
      }, dy),
    ];
  },
  Pad: (dy, [x], { node, attributes }) => {
    const pads = numbersOf(attributes, 'pads');
    const mode = wordOf(attributes, 'mode', 'constant');
    if (mode === 'constant')
      return [
        pad(
          dy,
          pads.map((p) => -p),
        ),
      ];
    const rank = x.dims.length;
    return [
      x.dims.reduce((share, length, axis) => {
        const [begin, end] = [pads[axis]!, pads[axis + rank]!];
        if (begin === 0 && end === 0) return share;
        const sources = padSources(mode, length, begin, end);
        if (!sources) throw refusal(node, `no gradient through padding of mode '${mode}'`);
        return scatterAlong(share, axis, sources, length);
      }, dy),
    ];
  },
  Gather: (dy, [x, picks], { node, attributes, wants }) => {
    if (!wants[0]) return [];
    if (!picks.constant) throw refusal(node, 'no gradient through a Gather whose indices are not constant');
    const axis = axisAttribute(attributes);
    const flat = reshape(dy, [...x.dims.slice(0, axis), size(picks.dims), ...x.dims.slice(axis + 1)]);
    return [scatterAlong(flat, axis, toNumbers(picks.constant), x.dims[axis]!)];
  },
  DepthToSpace: spaceToDepth,
  SpaceToDepth: (dy, _, { attributes }) => [
    apply('DepthToSpace', [dy], { blocksize: numberOf(attributes, 'blocksize'), mode: 'DCR' }),
  ],
  Resize: resize,
};
