import { resizeByMatrices, resizeScales, wordOf, type Node, type Shaped } from '@sightline/core/graph';
import type { Lowering } from './lowering.ts';

/** Repetition by whole numbers, and linear interpolation between half-pixel centres, are right on WebNN. */
function resizesItself(node: Node, x: Shaped): boolean {
  const word = (name: string, otherwise: string): string => wordOf(node.attributes, name, otherwise);
  const scales = resizeScales(node, x);
  const exact = node.outputs[0]!.dims!.every((out, i) => Math.abs(out / x.dims[i]! - scales[i]!) < 1e-6);
  if (x.dims.length !== 4 || scales[0] !== 1 || scales[1] !== 1 || !exact) return false;
  const transformation = word('coordinate_transformation_mode', 'half_pixel');
  if (word('mode', 'nearest') === 'linear') return transformation === 'half_pixel';
  const repeats = transformation === 'asymmetric' && word('nearest_mode', 'round_prefer_floor') === 'floor';
  return word('mode', 'nearest') === 'nearest' && repeats && scales.every(Number.isInteger);
}

/** Every other form as products with interpolation matrices: WebNN has no cubic one, and rounds the others in its own way. */
export const resize: Lowering = (node, [x]) => (resizesItself(node, x!) ? undefined : resizeByMatrices(node, x!));
