import { at, count, fill, indices, shown, sum, together, type Index, type Reals } from './array.ts';
import type { Operation, Reader } from './interpreter.ts';

const replaced = (index: Index, axis: number, i: number): number[] => index.map((v, a) => (a === axis ? i : v));
const reshaped = (x: Reals, dims: Index): Reals => {
  if (count(dims) !== x.data.length) throw new RangeError(`[${x.dims.join()}] as [${dims.join()}]`);
  return { dims, data: x.data };
};

const reduce =
  (f: (values: readonly number[]) => number): Operation =>
  ([x], { read }) => {
    const axes = read.list('axes');
    const kept = fill(
      x.dims.map((d, axis) => (axes.includes(axis) ? 1 : d)),
      (index) =>
        f(
          indices(x.dims.map((d, axis) => (axes.includes(axis) ? d : 1))).map((p) =>
            at(
              x,
              p.map((i, axis) => i + index[axis]!),
            ),
          ),
        ),
    );
    return [
      read.number('keepdims', 1) === 1
        ? kept
        : reshaped(
            kept,
            x.dims.filter((_, axis) => !axes.includes(axis)),
          ),
    ];
  };
const largest = (values: readonly number[]): number => Math.max(...values);
const logSumExp = (values: readonly number[]): number =>
  largest(values) + Math.log(sum(values.map((v) => Math.exp(v - largest(values)))));

/** The values that share a line along `axis` with the element at `index`. */
const line = (x: Reals, index: Index, axis: number): number[] =>
  Array.from({ length: x.dims[axis]! }, (_, i) => at(x, replaced(index, axis, i)));
const logSoftmax = (x: Reals, axis: number): Reals =>
  fill(x.dims, (index) => at(x, index) - logSumExp(line(x, index, axis)));

function matMul(a: Reals, b: Reals): Reals {
  const left = a.dims.length === 1 ? reshaped(a, [1, ...a.dims]) : a;
  const right = b.dims.length === 1 ? reshaped(b, [...b.dims, 1]) : b;
  const [m, k] = left.dims.slice(-2) as [number, number];
  const n = right.dims.at(-1)!;
  const batch = together([left.dims.slice(0, -2), right.dims.slice(0, -2)]);
  const inBatch = (x: Reals, index: Index, row: number, column: number): number => {
    const own = index.slice(batch.length - (x.dims.length - 2)).map((i, axis) => (x.dims[axis] === 1 ? 0 : i));
    return at(x, [...own, row, column]);
  };
  const full = fill([...batch, m, n], (index) => {
    const [row, column] = index.slice(-2) as [number, number];
    return sum(
      Array.from(
        { length: k },
        (_, i) => inBatch(left, index.slice(0, -2), row, i) * inBatch(right, index.slice(0, -2), i, column),
      ),
    );
  });
  return reshaped(full, [...batch, ...(a.dims.length > 1 ? [m] : []), ...(b.dims.length > 1 ? [n] : [])]);
}

const transpose = (x: Reals, perm: Index): Reals =>
  fill(
    perm.map((p) => x.dims[p]!),
    (index) =>
      at(
        x,
        perm.map((_, axis) => index[perm.indexOf(axis)]!),
      ),
  );

/** Begin and end of a slice resolved as ONNX says; the places it takes along an axis. */
function taken(length: number, start: number, end: number, step: number): number[] {
  const places: number[] = [];
  const from = start < 0 ? start + length : start;
  const to = end < -length - 1 ? -1 : end < 0 ? end + length : end;
  if (step > 0) for (let i = Math.max(from, 0); i < Math.min(to, length); i += step) places.push(i);
  else for (let i = Math.min(from, length - 1); i > Math.max(to, -1); i += step) places.push(i);
  return places;
}

function padded(x: Reals, read: Reader): Reals {
  const pads = read.list('pads');
  const mode = read.word('mode');
  const source = (i: number, length: number): number | undefined => {
    if (i >= 0 && i < length) return i;
    if (mode === 'constant') return undefined;
    if (mode === 'edge') return i < 0 ? 0 : length - 1;
    if (mode === 'wrap') return ((i % length) + length) % length;
    return source(i < 0 ? -i : 2 * (length - 1) - i, length);
  };
  return fill(
    x.dims.map((d, axis) => d + pads[axis]! + pads[axis + x.dims.length]!),
    (index) => {
      const from = index.map((i, axis) => source(i - pads[axis]!, x.dims[axis]!));
      return from.includes(undefined) ? read.number('value') : at(x, from as number[]);
    },
  );
}

const depthToSpace = (x: Reals, b: number, mode: string): Reals => {
  const [n, c, h, w] = x.dims as [number, number, number, number];
  const deep = c / (b * b);
  return fill([n, deep, h * b, w * b], ([i, channel, row, column]) => {
    const [dr, dc] = [row! % b, column! % b];
    const from = mode === 'CRD' ? channel! * b * b + dr * b + dc : (dr * b + dc) * deep + channel!;
    return at(x, [i!, from, Math.floor(row! / b), Math.floor(column! / b)]);
  });
};

export const layout: Readonly<Record<string, Operation>> = {
  ReduceSum: reduce(sum),
  ReduceMean: reduce((v) => sum(v) / v.length),
  ReduceMax: reduce(largest),
  ReduceMin: reduce((v) => Math.min(...v)),
  ReduceL1: reduce((v) => sum(v.map(Math.abs))),
  ReduceL2: reduce((v) => Math.hypot(...v)),
  ReduceSumSquare: reduce((v) => sum(v.map((e) => e * e))),
  ReduceLogSumExp: reduce(logSumExp),
  LogSoftmax: ([x], { read }) => [logSoftmax(x, read.number('axis'))],
  Softmax: ([x], { read }) => [{ dims: x.dims, data: logSoftmax(x, read.number('axis')).data.map(Math.exp) }],
  CumSum: ([x], { read }) => [
    fill(x.dims, (index) => {
      const axis = read.number('axis');
      const values = line(x, index, axis);
      const i = index[axis]!;
      const own = read.number('exclusive') === 1 ? 1 : 0;
      return sum(read.number('reverse') === 1 ? values.slice(i + own) : values.slice(0, i + 1 - own));
    }),
  ],
  MatMul: ([a, b]) => [matMul(a, b)],
  Gemm: ([a, b, c], { read }) => {
    const side = (x: Reals, name: string): Reals => (read.number(name) === 1 ? transpose(x, [1, 0]) : x);
    const product = matMul(side(a, 'transA'), side(b, 'transB'));
    return [
      fill(
        product.dims,
        (index) => read.number('alpha') * at(product, index) + (c ? read.number('beta') * shown(c, index) : 0),
      ),
    ];
  },
  Reshape: ([x], { read }) => [reshaped(x, read.list('shape'))],
  Expand: ([x], { read }) => [fill(together([x.dims, read.list('shape')]), (index) => shown(x, index))],
  Tile: ([x], { read }) => [
    fill(
      x.dims.map((d, axis) => d * read.list('repeats')[axis]!),
      (index) =>
        at(
          x,
          index.map((i, axis) => i % x.dims[axis]!),
        ),
    ),
  ],
  Transpose: ([x], { read }) => [transpose(x, read.list('perm'))],
  Concat: (parts, { read }) => {
    const axis = read.number('axis');
    const lines = parts.flatMap((part) => Array.from({ length: part!.dims[axis]! }, (_, i) => ({ part: part!, i })));
    return [
      fill(replaced(parts[0].dims, axis, lines.length), (index) =>
        at(lines[index[axis]!]!.part, replaced(index, axis, lines[index[axis]!]!.i)),
      ),
    ];
  },
  Split: ([x], { read }) => {
    const axis = read.number('axis');
    let end = 0;
    return read.list('split').map((length) => {
      const start = end;
      end += length;
      return fill(replaced(x.dims, axis, length), (index) => at(x, replaced(index, axis, start + index[axis]!)));
    });
  },
  Slice: ([x], { read }) => {
    const [starts, ends, steps] = ['starts', 'ends', 'steps'].map((name) => read.list(name)) as [Index, Index, Index];
    const places = x.dims.map((d, axis) => taken(d, starts[axis]!, ends[axis]!, steps[axis]!));
    return [
      fill(
        places.map((p) => p.length),
        (index) =>
          at(
            x,
            index.map((i, axis) => places[axis]![i]!),
          ),
      ),
    ];
  },
  Pad: ([x], { read }) => [padded(x, read)],
  Gather: ([x, picks], { read }) => {
    const axis = read.number('axis');
    const length = x.dims[axis]!;
    return [
      fill([...x.dims.slice(0, axis), ...picks.dims, ...x.dims.slice(axis + 1)], (index) => {
        const pick = at(picks, index.slice(axis, axis + picks.dims.length));
        return at(x, [...index.slice(0, axis), (pick + length) % length, ...index.slice(axis + picks.dims.length)]);
      }),
    ];
  },
  DepthToSpace: ([x], { read }) => [depthToSpace(x, read.number('blocksize'), read.word('mode'))],
  SpaceToDepth: ([x], { read }) => {
    const [n, c, h, w] = x.dims as [number, number, number, number];
    const b = read.number('blocksize');
    return [
      fill([n, c * b * b, h / b, w / b], ([i, channel, row, column]) => {
        const block = Math.floor(channel! / c);
        return at(x, [i!, channel! % c, row! * b + Math.floor(block / b), column! * b + (block % b)]);
      }),
    ];
  },
};
