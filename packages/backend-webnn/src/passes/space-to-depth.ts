import { numberOf, reshape, transpose } from '@sightline/core/graph';
import type { Lowering } from './lowering.ts';

/** Blocks to channels: a transposition of axes that are taken apart and put together. */
export const spaceToDepth: Lowering = ({ attributes }, [x]) => {
  const [n, c, h, w] = x!.dims as [number, number, number, number];
  const b = numberOf(attributes, 'blocksize');
  const apart = reshape(x!, [n, c, h / b, b, w / b, b]);
  return reshape(transpose(apart, [0, 3, 5, 1, 2, 4]), [n, c * b * b, h / b, w / b]);
};
