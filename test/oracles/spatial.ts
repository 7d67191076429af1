import { at, fill, indices, offset, shown, sum, within, type Index, type Reals } from './array.ts';
import type { Operation, Reader } from './interpreter.ts';

interface Window {
  readonly kernel: Index;
  readonly strides: Index;
  readonly dilations: Index;
  readonly begin: Index;
  readonly end: Index;
}
const windowOf = (read: Reader): Window => {
  const pads = read.list('pads');
  const rank = pads.length / 2;
  return {
    kernel: read.list('kernel_shape'),
    strides: read.list('strides'),
    dilations: read.list('dilations'),
    begin: pads.slice(0, rank),
    end: pads.slice(rank),
  };
};
/** Where tap `t` of the window of output `o` lies in the data. */
const place = ({ strides, dilations, begin }: Window, o: Index, t: Index): number[] =>
  o.map((i, axis) => i * strides[axis]! + t[axis]! * dilations[axis]! - begin[axis]!);

/** How many windows there are: those that fit into the padded data; with `ceil` also one that begins before the end padding and hangs over. */
function windows(lengths: Index, { kernel, strides, dilations, begin, end }: Window, ceil: boolean): number[] {
  return lengths.map((length, axis) => {
    const padded = length + begin[axis]! + end[axis]!;
    let n = 0;
    while (n * strides[axis]! + (kernel[axis]! - 1) * dilations[axis]! < padded) n++;
    const covered = (n - 1) * strides[axis]! + (kernel[axis]! - 1) * dilations[axis]! + 1;
    return ceil && covered < padded && n * strides[axis]! < length + begin[axis]! ? n + 1 : n;
  });
}

const conv: Operation = ([x, w, bias], { read }) => {
  const window = windowOf(read);
  const [batch, , ...lengths] = x.dims as [number, number, ...number[]];
  const [channels, inputs] = w.dims as [number, number];
  const perGroup = channels / read.number('group');
  return [
    fill([batch, channels, ...windows(lengths, window, false)], ([n, co, ...o]) => {
      const first = Math.floor(co! / perGroup) * inputs;
      const terms = indices([inputs, ...window.kernel]).map(([ci, ...t]) => {
        const p = place(window, o, t);
        return within(lengths, p) ? at(x, [n!, first + ci!, ...p]) * at(w, [co!, ci!, ...t]) : 0;
      });
      return sum(terms) + (bias ? bias.data[co!]! : 0);
    }),
  ];
};

/** Each element of the data adds a scaled copy of its kernel to the output. */
const convTranspose: Operation = ([x, w, bias], { read }) => {
  const window = windowOf(read);
  const extra = read.list('output_padding');
  const [batch, , ...lengths] = x.dims as [number, number, ...number[]];
  const [all, outputs] = w.dims as [number, number];
  const group = read.number('group');
  const { kernel, strides, dilations, begin, end } = window;
  const out = lengths.map(
    (n, i) => (n - 1) * strides[i]! + (kernel[i]! - 1) * dilations[i]! + 1 + extra[i]! - begin[i]! - end[i]!,
  );
  const y = fill([batch, outputs * group, ...out], ([, co]) => (bias ? bias.data[co!]! : 0));
  for (const [n, ci, ...o] of indices(x.dims)) {
    const first = Math.floor(ci! / (all / group)) * outputs;
    for (const [co, ...t] of indices([outputs, ...kernel])) {
      const p = place(window, o, t);
      if (within(out, p))
        y.data[offset(y.dims, [n!, first + co!, ...p])]! += at(x, [n!, ci!, ...o]) * at(w, [ci!, co!, ...t]);
    }
  }
  return [y];
};

function pool(x: Reals, read: Reader, reduce: (inside: readonly number[], padded: number) => number): readonly Reals[] {
  const window = windowOf(read);
  const lengths = x.dims.slice(2);
  const out = windows(lengths, window, read.number('ceil_mode') === 1);
  return [
    fill([...x.dims.slice(0, 2), ...out], ([n, c, ...o]) => {
      const places = indices(window.kernel).map((t) => place(window, o, t));
      const inside = places.filter((p) => within(lengths, p)).map((p) => at(x, [n!, c!, ...p]));
      const padded = places.filter((p) =>
        p.every((v, i) => v >= -window.begin[i]! && v < lengths[i]! + window.end[i]!),
      );
      return reduce(inside, padded.length);
    }),
  ];
}
const globally = (x: Reals, reduce: (values: readonly number[]) => number): readonly Reals[] => {
  const lengths = x.dims.slice(2);
  return [
    fill([...x.dims.slice(0, 2), ...lengths.map(() => 1)], ([n, c]) =>
      reduce(indices(lengths).map((p) => at(x, [n!, c!, ...p]))),
    ),
  ];
};
const mean = (values: readonly number[]): number => sum(values) / values.length;

/** (x − mean)/√(variance + ε) over the axes for which `shared` is false. */
function standardised(x: Reals, shared: (axis: number) => boolean, epsilon: number): Reals {
  return fill(x.dims, (index) => {
    const mates = indices(x.dims.map((d, axis) => (shared(axis) ? 1 : d))).map((p) =>
      at(
        x,
        p.map((i, axis) => (shared(axis) ? index[axis]! : i)),
      ),
    );
    const m = mean(mates);
    return (at(x, index) - m) / Math.sqrt(mean(mates.map((v) => (v - m) ** 2)) + epsilon);
  });
}

export const spatial: Readonly<Record<string, Operation>> = {
  Conv: conv,
  ConvTranspose: convTranspose,
  MaxPool: ([x], { read }) => pool(x, read, (inside) => Math.max(...inside)),
  AveragePool: ([x], { read }) =>
    pool(x, read, (inside, padded) => sum(inside) / (read.number('count_include_pad') === 1 ? padded : inside.length)),
  GlobalAveragePool: ([x]) => globally(x, mean),
  GlobalMaxPool: ([x]) => globally(x, (values) => Math.max(...values)),
  BatchNormalization: ([x, scale, bias, means, variances], { read }) => [
    fill(x.dims, (index) => {
      const c = index[1]!;
      const hat = (at(x, index) - means!.data[c]!) / Math.sqrt(variances!.data[c]! + read.number('epsilon'));
      return hat * scale.data[c]! + bias.data[c]!;
    }),
  ],
  InstanceNormalization: ([x, scale, bias], { read }) => {
    const hat = standardised(x, (axis) => axis < 2, read.number('epsilon'));
    return [fill(x.dims, (index) => at(hat, index) * scale.data[index[1]!]! + bias.data[index[1]!]!)];
  },
  LayerNormalization: ([x, scale, bias], { read }) => {
    const hat = standardised(x, (axis) => axis < read.number('axis'), read.number('epsilon'));
    return [fill(x.dims, (index) => at(hat, index) * shown(scale, index) + (bias ? shown(bias, index) : 0))];
  },
  LRN: ([x], { read }) => {
    const width = read.number('size');
    const channels = x.dims[1]!;
    return [
      fill(x.dims, ([n, c, ...p]) => {
        const low = Math.max(0, c! - Math.floor((width - 1) / 2));
        const high = Math.min(channels - 1, c! + Math.ceil((width - 1) / 2));
        let squares = 0;
        for (let i = low; i <= high; i++) squares += at(x, [n!, i, ...p]) ** 2;
        return (
          at(x, [n!, c!, ...p]) /
          (read.number('bias') + (read.number('alpha') / width) * squares) ** read.number('beta')
        );
      }),
    ];
  },
};
