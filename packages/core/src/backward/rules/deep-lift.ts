import type { Shaped, Value } from '../../graph/value.ts';
import type { Composite } from '../composite.ts';
import { gradient } from './gradient/index.ts';
export const deepLift = (_reference: (value: Value) => Shaped): Composite => [['*', gradient]];
