import { and, not } from '@sightline/core/graph';
import { withShapes, type Lowering } from './lowering.ts';

/** a ∨ b = ¬(¬a ∧ ¬b). */
export const or = withShapes(([a, b]) => not(and(not(a!), not(b!))));

/** What does nothing is left out: a Dropout that stays in a graph breaks the runtime's copies to and from the GPU. */
export const nothing: Lowering = (_, [x]) => x && [x];
