import { SightlineError } from '../../errors.ts';
import type { ElementType } from '../../tensor/tensor.ts';
import type { Attribute, Attributes, Shaped } from '../value.ts';

export interface Outcome {
  readonly dims: readonly number[];
  readonly type: ElementType;
}
/** Shapes and types of a node's outputs from those of its inputs, in canonical form. `inputs[i]` is undefined where left out. */
export type ShapeRule = (
  inputs: readonly (Shaped | undefined)[],
  attributes: Attributes,
  op: string,
) => readonly Outcome[];

export const first = (inputs: readonly (Shaped | undefined)[], op: string): Shaped => {
  const x = inputs[0];
  if (!x) throw new SightlineError('bad-model', `${op} has no input`);
  return x;
};

/** Attributes read with their type checked, so that a broken file gives a message and not a NaN. */
export const numberOf = (attributes: Attributes, name: string, otherwise?: number): number =>
  read(attributes, name, otherwise, (a): a is number => typeof a === 'number');
export const wordOf = (attributes: Attributes, name: string, otherwise?: string): string =>
  read(attributes, name, otherwise, (a): a is string => typeof a === 'string');
export const numbersOf = (attributes: Attributes, name: string, otherwise?: readonly number[]): readonly number[] =>
  read(
    attributes,
    name,
    otherwise,
    (a): a is readonly number[] => Array.isArray(a) && a.every((n) => typeof n === 'number'),
  );

function read<T extends Attribute>(
  attributes: Attributes,
  name: string,
  otherwise: T | undefined,
  is: (a: Attribute) => a is T,
): T {
  const value = attributes[name] ?? otherwise;
  if (value === undefined) throw new SightlineError('bad-model', `attribute '${name}' is missing`);
  if (!is(value)) throw new SightlineError('bad-model', `attribute '${name}' is of the wrong type`);
  return value;
}

/** The shape two shapes broadcast to. Throws `bad-model` where they do not. */
export function broadcast(a: readonly number[], b: readonly number[]): number[] {
  const rank = Math.max(a.length, b.length);
  return Array.from({ length: rank }, (_, i) => {
    const m = a[a.length - rank + i] ?? 1;
    const n = b[b.length - rank + i] ?? 1;
    if (m !== n && m !== 1 && n !== 1)
      throw new SightlineError('bad-model', `cannot broadcast [${a.join(', ')}] with [${b.join(', ')}]`);
    return m === 1 ? n : m;
  });
}
