import { SightlineError } from '@sightline/core/backend';
import type { Attributes, Node, Shaped, Value } from '@sightline/core/graph';

/** A node's outputs in ops that the GPU runs right; `undefined` where it stays as it is. `inputs` are rebuilt already. */
export type Lowering = (node: Node, inputs: readonly (Value | undefined)[]) => readonly Value[] | undefined;

export const numberOf = (attributes: Attributes, name: string, otherwise: number): number => {
  const value = attributes[name] ?? otherwise;
  if (typeof value === 'number') return value;
  throw new SightlineError('bad-model', `attribute '${name}' should be a number`);
};
export const numbersOf = (attributes: Attributes, name: string): readonly number[] => {
  const value = attributes[name];
  if (Array.isArray(value)) return value as readonly number[];
  throw new SightlineError('bad-model', `attribute '${name}' should be a list of numbers`);
};

/** Lowerings that need shapes leave nodes alone whose shapes are not known. */
export const withShapes =
  (lower: (inputs: readonly Shaped[], node: Node) => Shaped | undefined): Lowering =>
  (node, inputs) => {
    const known = inputs.filter((x): x is Shaped => x?.dims !== undefined);
    if (known.length < inputs.length || known.length === 0) return undefined;
    const lowered = lower(known, node);
    return lowered && [lowered];
  };
