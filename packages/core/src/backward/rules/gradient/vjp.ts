import type { Attributes, Node, Shaped } from '../../../graph/value.ts';
import type { RuleContext } from '../../rule.ts';

/** Where a vector–Jacobian product is taken: the node, its output `y`, and which inputs want a share. */
export interface Site extends RuleContext {
  readonly node: Node;
  readonly y: Shaped;
  readonly attributes: Attributes;
}

/** As many inputs as the op has: the op's shape rule has already seen to that. */
export type Inputs = readonly [Shaped, Shaped, Shaped, Shaped, Shaped];

/** dy ↦ dyᵀ · ∂y/∂input, for each input of one op, as graph. `undefined` where nothing flows. */
export type Vjp = (dy: Shaped, inputs: Inputs, site: Site) => readonly (Shaped | undefined)[];

export type Vjps<Op extends string> = { readonly [op in Op]: Vjp };

/** Piecewise constant: the derivative is zero wherever there is one. */
export const flat: Vjp = () => [];
