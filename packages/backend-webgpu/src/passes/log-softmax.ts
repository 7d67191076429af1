import { exp, log, numberOf, reduceMax, reduceSum, sub } from '@sightline/core/graph';
import { withShapes } from './lowering.ts';

/** z − ln Σ eᶻ with z = x − max x. */
export const logSoftmax = withShapes(([x], { attributes }) => {
  const axis = numberOf(attributes, 'axis', -1);
  const shifted = sub(x!, reduceMax(x!, [axis]));
  return sub(shifted, log(reduceSum(exp(shifted), [axis])));
});
