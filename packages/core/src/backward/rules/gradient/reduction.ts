import { div, equal, exp, expand, mul, reduceSum, reshape, sub, toFloat, where } from '../../../graph/ops.ts';
import { axisOf, numberOf, numbersOf } from '../../../graph/shapes/index.ts';
import { apply } from '../../../graph/build.ts';
import { size } from '../../../tensor/tensor.ts';
import type { Shaped } from '../../../graph/value.ts';
import { elementwise } from './elementwise.ts';
import type { Site, Vjp, Vjps } from './vjp.ts';

export type ReductionOp =
  | 'ReduceSum'
  | 'ReduceMean'
  | 'ReduceMax'
  | 'ReduceMin'
  | 'ReduceL1'
  | 'ReduceL2'
  | 'ReduceSumSquare'
  | 'ReduceLogSumExp'
  | 'Softmax'
  | 'LogSoftmax'
  | 'CumSum';

const axesOf = ({ attributes }: Site): readonly number[] => numbersOf(attributes, 'axes');

/** dy and y with the reduced axes kept, so that they broadcast against x. */
const reduction =
  (vjp: (dy: Shaped, x: Shaped, y: Shaped, axes: readonly number[]) => Shaped): Vjp =>
  (dy, [x], site) => {
    const kept = x.dims.map((d, i) => (axesOf(site).includes(i) ? 1 : d));
    return [vjp(reshape(dy, kept), x, reshape(site.y, kept), axesOf(site))];
  };

/** All that reach the extreme share alike, as torch.amax. */
const extreme = reduction((dy, x, y, axes) => {
  const hit = equal(x, y);
  return where(hit, div(dy, reduceSum(toFloat(hit), axes)), 0);
});

const softmaxAxis = ({ attributes, y }: Site): number[] => [axisOf(numberOf(attributes, 'axis', -1), y.dims.length)];

export const reductions: Vjps<ReductionOp> = {
  ReduceSum: reduction((dy, x) => expand(dy, x.dims)),
  ReduceMean: reduction((dy, x) => expand(mul(dy, size(dy.dims) / size(x.dims)), x.dims)),
  ReduceMax: extreme,
  ReduceMin: extreme,
  ReduceL1: (dy, inputs, site) => {
    const kept = inputs[0].dims.map((d, i) => (axesOf(site).includes(i) ? 1 : d));
    return elementwise.Abs(expand(reshape(dy, kept), inputs[0].dims), inputs, site);
  },
  /** x/‖x‖, and 0 where the norm is 0, as PyTorch. */
  ReduceL2: reduction((dy, x, y) => mul(x, div(dy, where(equal(y, 0), 1, y)))),
  ReduceSumSquare: reduction((dy, x) => mul(x, mul(dy, 2))),
  ReduceLogSumExp: reduction((dy, x, y) => mul(dy, exp(sub(x, y)))),
  Softmax: (dy, _, site) => [mul(site.y, sub(dy, reduceSum(mul(dy, site.y), softmaxAxis(site))))],
  LogSoftmax: (dy, _, site) => [sub(dy, mul(exp(site.y), reduceSum(dy, softmaxAxis(site))))],
  CumSum: (dy, _, { attributes }) => [
    apply('CumSum', [dy], { ...attributes, reverse: 1 - numberOf(attributes, 'reverse', 0) }),
  ],
};
