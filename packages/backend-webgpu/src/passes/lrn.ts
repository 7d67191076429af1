import { add, apply, mul, numberOf, pow, reshape, square } from '@sightline/core/graph';
import { size } from '@sightline/core/tensor';
import { withShapes } from './lowering.ts';

/**
 * x · (bias + α · mean of x² over `size` neighbouring channels)^−β. The mean counts what lies beyond the first and last
 * channel as zeros, as an average pool along the channels does.
 */
export const lrn = withShapes(([x], { attributes }) => {
  const [batch, channels] = x!.dims as [number, number];
  const width = numberOf(attributes, 'size', 1);
  const below = Math.floor((width - 1) / 2);
  const mean = apply('AveragePool', [reshape(square(x!), [batch, 1, channels, size(x!.dims.slice(2))])], {
    kernel_shape: [width, 1],
    strides: [1, 1],
    dilations: [1, 1],
    pads: [below, 0, width - 1 - below, 0],
    ceil_mode: 0,
    count_include_pad: 1,
  });
  const base = add(mul(reshape(mean, x!.dims), numberOf(attributes, 'alpha', 1e-4)), numberOf(attributes, 'bias', 1));
  return mul(x!, pow(base, -numberOf(attributes, 'beta', 0.75)));
});
