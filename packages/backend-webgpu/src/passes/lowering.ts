import type { Node, Shaped, Value } from '@sightline/core/graph';

/** A node's outputs in ops that the GPU runs right; `undefined` where it stays as it is. `inputs` are rebuilt already. */
export type Lowering = (node: Node, inputs: readonly (Value | undefined)[]) => readonly Value[] | undefined;

/** Lowerings that need shapes leave nodes alone whose shapes are not known. */
export const withShapes =
  (lower: (inputs: readonly Shaped[], node: Node) => Shaped | undefined): Lowering =>
  (node, inputs) => {
    const known = inputs.filter((x): x is Shaped => x?.dims !== undefined);
    if (known.length < inputs.length || known.length === 0) return undefined;
    const lowered = lower(known, node);
    return lowered && [lowered];
  };
