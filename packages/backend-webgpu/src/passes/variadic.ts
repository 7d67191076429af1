import { add, apply, mul, type Shaped } from '@sightline/core/graph';
import { withShapes, type Lowering } from './lowering.ts';

const pairwise = (op: string): Lowering =>
  withShapes((inputs) => (inputs.length === 2 ? undefined : inputs.reduce((sum, x) => apply(op, [sum, x]))));
const total = (inputs: readonly Shaped[]): Shaped => inputs.reduce((sum, x) => add(sum, x));

/** Any number of operands, two by two. */
export const max = pairwise('Max');
export const min = pairwise('Min');
export const sum = withShapes(total);
export const mean = withShapes((inputs) => mul(total(inputs), 1 / inputs.length));
