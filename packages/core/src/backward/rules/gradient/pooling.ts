import { apply } from '../../../graph/build.ts';
import {
  concat,
  equal,
  add,
  expand,
  mul,
  numbers,
  pad,
  repeat,
  reshape,
  sub,
  where,
  zeros,
} from '../../../graph/ops.ts';
import { numberOf, windowOf, type Window } from '../../../graph/shapes/index.ts';
import { size } from '../../../tensor/tensor.ts';
import type { Attributes, Shaped } from '../../../graph/value.ts';
import { padsAlong, sliceAlong, withAxis } from '../../../graph/along.ts';
import { unslide } from './linear.ts';
import type { Vjp, Vjps } from './vjp.ts';

export type PoolingOp = 'MaxPool' | 'AveragePool' | 'GlobalAveragePool' | 'GlobalMaxPool';

/** Below every activation, and a number on every backend (WGSL has no infinity). */
const lowest = -3.4028234663852886e38;

/** The part of a window that lies along one spatial axis. */
interface Slide {
  readonly axis: number;
  readonly kernel: number;
  readonly stride: number;
  readonly dilation: number;
  readonly begin: number;
}

/** How an axis is cut into `stride` interleaved phases of `blocks` elements, and in which phase each tap of the window slides, from where. */
function phasesOf(length: number, out: number, { kernel, stride, dilation, begin }: Slide) {
  const blocks = Math.ceil(((out - 1) * stride + (kernel - 1) * dilation + 1) / stride);
  const taps = Array.from({ length: kernel }, (_, t) => t * dilation).map((at) => ({
    phase: at % stride,
    shift: Math.floor(at / stride),
  }));
  return { blocks, excess: blocks * stride - begin - length, taps };
}

/** What each tap of the window sees, window by window: plain slices of the phases. */
function unfold(x: Shaped, out: number, slide: Slide): Shaped[] {
  const { axis, stride, begin } = slide;
  const { blocks, excess, taps } = phasesOf(x.dims[axis]!, out, slide);
  const opened = [...x.dims.slice(0, axis), blocks, stride, ...x.dims.slice(axis + 1)];
  const padded = reshape(pad(x, padsAlong(x.dims.length, axis, begin, excess), lowest), opened);
  const phases = Array.from({ length: stride }, (_, p) =>
    reshape(sliceAlong(padded, axis + 1, p, p + 1), withAxis(x.dims, axis, blocks)),
  );
  return taps.map(({ phase, shift }) => sliceAlong(phases[phase]!, axis, shift, shift + out));
}

/** The transpose of `unfold`: one value for each tap goes back to where that tap looked, and what meets is added. */
function fold(shares: readonly Shaped[], length: number, slide: Slide): Shaped {
  const { axis, stride, begin } = slide;
  const { dims } = shares[0]!;
  const out = dims[axis]!;
  const { blocks, excess, taps } = phasesOf(length, out, slide);
  const phaseDims = withAxis(dims, axis, blocks);
  const phases = Array.from({ length: stride }, (_, p) => {
    const own = shares
      .map((share, t) => ({ share, ...taps[t]! }))
      .filter(({ phase }) => phase === p)
      .map(({ share, shift }) => pad(share, padsAlong(dims.length, axis, shift, blocks - out - shift)));
    const sum = own.length > 0 ? own.reduce((a, b) => add(a, b)) : zeros(phaseDims);
    return reshape(sum, [...phaseDims.slice(0, axis + 1), 1, ...phaseDims.slice(axis + 1)]);
  });
  const joined = reshape(concat(phases, axis + 1), withAxis(dims, axis, blocks * stride));
  return pad(joined, padsAlong(dims.length, axis, -begin, -excess));
}

/** The first tap that reaches the maximum takes dy; the next ones get what is left of it. */
function unpool(dy: Shaped, x: Shaped, y: Shaped, slide: Slide): Shaped {
  const taps = unfold(x, y.dims[slide.axis]!, slide);
  let left = dy;
  const shares = taps.map((tap, t) => {
    if (t === taps.length - 1) return left;
    const share = where(equal(tap, y), left, 0);
    left = sub(left, share);
    return share;
  });
  return fold(shares, x.dims[slide.axis]!, slide);
}

/**
 * The first maximum of a window in scan order takes all, as in PyTorch. A pool over a window is a pool over its rows of a
 * pool along each row, and the first maximum in scan order is the first one of the first row that has it: so the axes can
 * be taken one after the other, k + k taps instead of k². On ResNet-18's stem this takes 0.7 of the time of comparing at
 * full resolution, phase by phase (wasm, one thread).
 */
const maxPool: Vjp = (dy, [x], { y, attributes }) => {
  const { kernel, strides, dilations, begin } = windowOf(attributes);
  const slides = kernel.map((k, i): Slide => {
    return { axis: i + 2, kernel: k, stride: strides[i]!, dilation: dilations[i]!, begin: begin[i]! };
  });
  // pooled[i] is x pooled along the axes from i on: pooled[0] is y.
  const pooled: Shaped[] = [...slides.map(() => y), x];
  for (let i = slides.length - 1; i > 0; i--) pooled[i] = poolAxis(pooled[i + 1]!, attributes, i);
  return [slides.reduce((share, slide, i) => unpool(share, pooled[i + 1]!, pooled[i]!, slide), dy)];
};

/** The same max pool along one spatial axis only. */
function poolAxis(x: Shaped, attributes: Attributes, axis: number): Shaped {
  const only = (values: readonly number[], otherwise: number): number[] =>
    values.map((v, i) => (i === axis ? v : otherwise));
  const { kernel, strides, dilations, begin, end } = windowOf(attributes);
  return apply('MaxPool', [x], {
    kernel_shape: only(kernel, 1),
    strides: only(strides, 1),
    dilations: only(dilations, 1),
    pads: [...only(begin, 0), ...only(end, 0)],
    ceil_mode: numberOf(attributes, 'ceil_mode', 0),
  });
}

/** How many elements each window of one axis averages over: the data, or the padded data, but never what ceil_mode adds. */
function counts(length: number, out: number, window: Window, i: number, includePad: boolean): number[] {
  const [low, high] = includePad ? [-window.begin[i]!, length + window.end[i]!] : [0, length];
  return Array.from({ length: out }, (_, o) => {
    const taps = Array.from(
      { length: window.kernel[i]! },
      (__, t) => o * window.strides[i]! - window.begin[i]! + t * window.dilations[i]!,
    );
    return taps.filter((at) => at >= low && at < high).length;
  });
}

const averagePool: Vjp = (dy, [x], { attributes }) => {
  const window = windowOf(attributes);
  const [lengths, outs] = [x.dims.slice(2), dy.dims.slice(2)];
  const includePad = numberOf(attributes, 'count_include_pad', 0) === 1;
  const perAxis = lengths.map((n, i) => counts(n, outs[i]!, window, i, includePad));
  const area = size(window.kernel);
  const weights = perAxis
    .reduce<number[]>((all, axis) => all.flatMap((w) => axis.map((c) => w * c)), [1])
    .map((c) => 1 / c);
  const even = weights.every((w) => w === 1 / area);
  const scaled = mul(dy, even ? 1 / area : numbers(outs, weights));
  const tiled = lengths.every((n, i) => n === outs[i]! * window.kernel[i]! && window.strides[i] === window.kernel[i]);
  if (tiled && size(window.dilations) === 1) return [repeat(scaled, window.kernel)];
  // One channel for all: a grouped ConvTranspose with as many groups as channels is slow or refused on some providers.
  const single = reshape(scaled, [size(dy.dims.slice(0, 2)), 1, ...outs]);
  const ones = numbers([1, 1, ...window.kernel], new Float32Array(area).fill(1));
  return [reshape(unslide(single, ones, window, lengths, 1), x.dims)];
};

/** The first maximum takes all, as in PyTorch. */
const globalMaxPool: Vjp = (dy, [x], { y }) => {
  const positions = numbers(
    x.dims.slice(2),
    Float32Array.from({ length: size(x.dims.slice(2)) }, (_, i) => i),
  );
  const spatial = x.dims.map((_, i) => i).slice(2);
  const at = where(equal(x, y), positions, size(x.dims));
  return [where(equal(positions, apply('ReduceMin', [at], { axes: spatial, keepdims: 1 })), dy, 0)];
};

export const pooling: Vjps<PoolingOp> = {
  MaxPool: maxPool,
  AveragePool: averagePool,
  GlobalAveragePool: (dy, [x]) => [expand(mul(dy, size(dy.dims) / size(x.dims)), x.dims)],
  GlobalMaxPool: globalMaxPool,
};
