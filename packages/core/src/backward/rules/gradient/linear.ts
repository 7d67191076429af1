import { apply } from '../../../graph/build.ts';
import {
  conv,
  convTranspose,
  mul,
  reduceSum,
  reshape,
  sameDims,
  slice,
  transpose,
  unbroadcast,
} from '../../../graph/ops.ts';
import { numberOf, reach, windowOf, type Window } from '../../../graph/shapes/index.ts';
import type { Attributes, Shaped } from '../../../graph/value.ts';
import { refusal } from '../../rule.ts';
import type { Site, Vjps } from './vjp.ts';

export type LinearOp = 'Conv' | 'ConvTranspose' | 'Gemm' | 'MatMul';

const groupOf = (attributes: Attributes): number => numberOf(attributes, 'group', 1);

/**
 * The transpose of a sliding window: from the windows' results `dy` back to data of the spatial lengths `lengths`. What is
 * cut from or added to the end follows from the lengths, so a remainder of the stride, asymmetric pads and ceil_mode need
 * no cases of their own: data that no window touched gets zeros by output_padding, which is always below the stride.
 */
export function unslide(
  dy: Shaped,
  weights: Shaped,
  window: Window,
  lengths: readonly number[],
  group: number,
): Shaped {
  const { kernel, strides, dilations, begin } = window;
  const extents = reach(window);
  const excess = lengths.map((n, i) => (dy.dims[i + 2]! - 1) * strides[i]! + extents[i]! - begin[i]! - n);
  return convTranspose(dy, weights, {
    kernel_shape: kernel,
    strides,
    dilations,
    group,
    pads: [...begin, ...excess.map((e) => Math.max(e, 0))],
    output_padding: excess.map((e) => Math.max(-e, 0)),
  });
}

/** Gradient of a convolution to its weights, for one group: a convolution of the data with dy, strides and dilations swapped. */
function weightGradient(dy: Shaped, x: Shaped, weights: Shaped, window: Window): Shaped {
  const { begin, end, strides, dilations } = window;
  const swap = (v: Shaped): Shaped =>
    transpose(
      v,
      v.dims.map((_, i) => (i < 2 ? 1 - i : i)),
    );
  const wide = conv(swap(x), swap(dy), {
    kernel_shape: dy.dims.slice(2),
    strides: dilations,
    dilations: strides,
    pads: [...begin, ...end],
    group: 1,
  });
  return swap(cropped(wide, [wide.dims[0]!, wide.dims[1]!, ...weights.dims.slice(2)]));
}

const cropped = (x: Shaped, dims: readonly number[]): Shaped =>
  sameDims(x.dims, dims)
    ? x
    : slice(
        x,
        dims.map(() => 0),
        dims,
      );
const overChannels = (dy: Shaped): Shaped =>
  reduceSum(
    dy,
    dy.dims.map((_, i) => i).filter((i) => i !== 1),
    false,
  );

function oneGroup(site: Site): void {
  if (groupOf(site.attributes) > 1) throw refusal(site.node, 'no gradient to the weights of a grouped convolution');
}

interface Product {
  readonly transA?: boolean;
  readonly transB?: boolean;
  readonly alpha?: number;
}
const product = (a: Shaped, b: Shaped, { transA = false, transB = false, alpha = 1 }: Product): Shaped =>
  apply('Gemm', [a, b], { alpha, beta: 1, transA: Number(transA), transB: Number(transB) });

/** Matrices have two dims at least: a vector is a row on the left and a column on the right. */
const asRow = (a: Shaped): Shaped => (a.dims.length === 1 ? reshape(a, [1, ...a.dims]) : a);
const asColumn = (b: Shaped): Shaped => (b.dims.length === 1 ? reshape(b, [...b.dims, 1]) : b);
const swapLast = (x: Shaped): Shaped =>
  transpose(
    x,
    [...x.dims.keys()].map((i, _, { length: n }) => (i < n - 2 ? i : 2 * n - 3 - i)),
  );

/** dY·Bᵀ; where B is one matrix for the whole batch, as one Gemm that needs no transposed copy of it. */
function timesTransposed(dy: Shaped, b: Shaped): Shaped {
  if (b.dims.length > 2) return apply('MatMul', [dy, swapLast(b)]);
  const columns = dy.dims.at(-1)!;
  const rows = dy.dims.slice(0, -1).reduce((n, d) => n * d, 1);
  return reshape(product(reshape(dy, [rows, columns]), b, { transB: true }), [...dy.dims.slice(0, -1), b.dims[0]!]);
}

export const linear: Vjps<LinearOp> = {
  Conv: (dy, [x, w], site) => {
    const window = windowOf(site.attributes);
    if (site.wants[1]) oneGroup(site);
    return [
      site.wants[0] ? unslide(dy, w, window, x.dims.slice(2), groupOf(site.attributes)) : undefined,
      site.wants[1] ? weightGradient(dy, x, w, window) : undefined,
      site.wants[2] ? overChannels(dy) : undefined,
    ];
  },
  ConvTranspose: (dy, [x, w], site) => {
    const window = windowOf(site.attributes);
    const { kernel: kernel_shape, strides, dilations, begin, end } = window;
    if (site.wants[1]) oneGroup(site);
    const attributes = { kernel_shape, strides, dilations, pads: [...begin, ...end], group: groupOf(site.attributes) };
    return [
      site.wants[0] ? cropped(conv(dy, w, attributes), x.dims) : undefined,
      site.wants[1] ? weightGradient(x, dy, w, window) : undefined,
      site.wants[2] ? overChannels(dy) : undefined,
    ];
  },
  Gemm: (dy, [a, b, c], { attributes, wants }) => {
    const [transA, transB] = [numberOf(attributes, 'transA', 0) === 1, numberOf(attributes, 'transB', 0) === 1];
    const alpha = numberOf(attributes, 'alpha', 1);
    const toA = (): Shaped =>
      transA ? product(b, dy, { transA: transB, transB: true, alpha }) : product(dy, b, { transB: !transB, alpha });
    const toB = (): Shaped =>
      transB ? product(dy, a, { transA: true, transB: transA, alpha }) : product(a, dy, { transA: !transA, alpha });
    return [
      wants[0] ? toA() : undefined,
      wants[1] ? toB() : undefined,
      wants[2] ? mul(unbroadcast(dy, c.dims), numberOf(attributes, 'beta', 1)) : undefined,
    ];
  },
  MatMul: (dy, [a, b], { wants }) => {
    const [left, right] = [asRow(a), asColumn(b)];
    const batch = dy.dims.slice(0, dy.dims.length - (a.dims.length > 1 ? 1 : 0) - (b.dims.length > 1 ? 1 : 0));
    const grad = reshape(dy, [...batch, left.dims.at(-2)!, right.dims.at(-1)!]);
    return [
      wants[0] ? reshape(unbroadcast(timesTransposed(grad, right), left.dims), a.dims) : undefined,
      wants[1] ? reshape(unbroadcast(apply('MatMul', [swapLast(left), grad]), right.dims), b.dims) : undefined,
    ];
  },
};
