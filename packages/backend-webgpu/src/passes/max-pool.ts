import { apply, numberOf, numbersOf } from '@sightline/core/graph';
import { withShapes } from './lowering.ts';

/**
 * A pool whose last window may overhang (`ceil_mode`) as one that is padded up to it: the runtime's shape inference counts a window
 * too many where that one would begin in the padding.
 */
export const maxPool = withShapes(([x], { attributes, outputs }) => {
  if (numberOf(attributes, 'ceil_mode', 0) === 0 || outputs.length > 1) return undefined;
  const [kernel, strides, dilations, pads] = ['kernel_shape', 'strides', 'dilations', 'pads'].map((name) =>
    numbersOf(attributes, name),
  ) as [readonly number[], readonly number[], readonly number[], readonly number[]];
  const counts = outputs[0]!.dims!.slice(2);
  const end = counts.map((count, i) => {
    const last = (count - 1) * strides[i]! + (kernel[i]! - 1) * dilations[i]! + 1;
    return Math.max(0, last - x!.dims[i + 2]! - pads[i]!);
  });
  return apply('MaxPool', [x], { ...attributes, ceil_mode: 0, pads: [...pads.slice(0, kernel.length), ...end] });
});
