import { reduceSum, reshape } from '../../../graph/ops.ts';
import { resizeMatrix } from '../../../graph/resize-matrix.ts';
import { numberOf, numbersOf, wordOf } from '../../../graph/shapes/index.ts';
import type { Node } from '../../../graph/value.ts';
import { refusal } from '../../rule.ts';
import { matrixAlong, transposed } from '../../../graph/along.ts';
import type { Vjp } from './vjp.ts';

/** Whole-number repetition, the kind that rules themselves emit. */
function repeats(node: Node, length: number, out: number): boolean {
  const word = (name: string, otherwise: string): string => wordOf(node.attributes, name, otherwise);
  return (
    out % length === 0 &&
    word('mode', 'nearest') === 'nearest' &&
    word('coordinate_transformation_mode', 'half_pixel') === 'asymmetric' &&
    word('nearest_mode', 'round_prefer_floor') === 'floor'
  );
}

/** Axis by axis: repetition sums its copies; everything else is a product with the transposed interpolation matrix. */
export const resize: Vjp = (dy, [x], { node, attributes }) => {
  if (numberOf(attributes, 'antialias', 0) === 1) throw refusal(node, 'no gradient through a Resize with antialiasing');
  const scales = attributes['scales'] ? numbersOf(attributes, 'scales') : undefined;
  return [
    x.dims.reduce((share, length, axis) => {
      const out = share.dims[axis]!;
      const scale = scales?.[axis] ?? out / length;
      if (out === length && scale === 1) return share;
      if (repeats(node, length, out) && scale === out / length) {
        const copies = reshape(share, [...share.dims.slice(0, axis), length, scale, ...share.dims.slice(axis + 1)]);
        return reduceSum(copies, [axis + 1], false);
      }
      const matrix = resizeMatrix(attributes, length, out, scale);
      if (!matrix)
        throw refusal(
          node,
          `no gradient through coordinate transformation '${wordOf(attributes, 'coordinate_transformation_mode')}'`,
        );
      return matrixAlong(share, axis, transposed(matrix, out, length), length);
    }, dy),
  ];
};
