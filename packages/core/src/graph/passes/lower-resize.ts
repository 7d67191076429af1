import { matrixAlong } from '../along.ts';
import { resizeMatrix } from '../resize-matrix.ts';
import { numbersOf } from '../shapes/index.ts';
import type { Node, Shaped } from '../value.ts';

/** The factor of each axis. */
export const resizeScales = (node: Node, x: Shaped): readonly number[] =>
  node.attributes['scales']
    ? numbersOf(node.attributes, 'scales')
    : node.outputs[0]!.dims!.map((out, i) => out / x.dims[i]!);

/** A Resize of any mode as a product with an interpolation matrix along each axis that changes: exact, and linear algebra alone. */
export function resizeByMatrices(node: Node, x: Shaped): Shaped | undefined {
  const dims = node.outputs[0]!.dims!;
  const scales = resizeScales(node, x);
  return dims.reduce<Shaped | undefined>((sofar, out, axis) => {
    const length = x.dims[axis]!;
    if (!sofar || (out === length && scales[axis] === 1)) return sofar;
    const along = resizeMatrix(node.attributes, length, out, scales[axis]!);
    return along && matrixAlong(sofar, axis, along, out);
  }, x);
}
