import { numberOf, reshape, transpose } from '@sightline/core/graph';
import { withShapes } from './lowering.ts';

/** A block's pixels become its channels: [n, c, h·b, w·b] → [n, b·b·c, h, w]. */
export const spaceToDepth = withShapes(([x], { attributes }) => {
  const [n, c, height, width] = x!.dims as [number, number, number, number];
  const b = numberOf(attributes, 'blocksize', 1);
  const blocks = transpose(reshape(x!, [n, c, height / b, b, width / b, b]), [0, 3, 5, 1, 2, 4]);
  return reshape(blocks, [n, c * b * b, height / b, width / b]);
});
