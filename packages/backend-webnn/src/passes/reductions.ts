import {
  add,
  apply,
  axisOf,
  exp,
  log,
  numberOf,
  numbersOf,
  reduceMax,
  reduceMean,
  reduceSum,
  sub,
} from '@sightline/core/graph';
import { spatialAxes, type Lowering, type Lowerings } from './lowering.ts';

/** The provider's pool of a whole picture is two-dimensional. */
const global =
  (reduce: typeof reduceMean): Lowering =>
  (_, [x]) =>
    x!.dims.length === 4 ? undefined : reduce(x!, spatialAxes(x!));

export const reductions: Lowerings = {
  GlobalAveragePool: global(reduceMean),
  GlobalMaxPool: global(reduceMax),
  /** x − max − log Σ exp(x − max). */
  LogSoftmax: ({ attributes }, [x]) => {
    const axes = [axisOf(numberOf(attributes, 'axis', -1), x!.dims.length)];
    const shifted = sub(x!, reduceMax(x!, axes));
    return sub(shifted, log(reduceSum(exp(shifted), axes)));
  },
  /** WebNN takes the exponentials as they are, so from 89 on they overflow. */
  ReduceLogSumExp: ({ attributes }, [x]) => {
    const axes = numbersOf(attributes, 'axes');
    if (axes.length === 0) return apply('Identity', [x]);
    const largest = reduceMax(x!, axes);
    const keepdims = numberOf(attributes, 'keepdims', 1) === 1;
    const sum = reduceSum(exp(sub(x!, largest)), axes, keepdims);
    return add(log(sum), keepdims ? largest : reduceMax(x!, axes, false));
  },
};
