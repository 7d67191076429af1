import { less, positive, sub, toFloat } from '@sightline/core/graph';
import { withShapes } from './lowering.ts';

/** [x > 0] − [x < 0]. */
export const sign = withShapes(([x]) => sub(positive(x!), toFloat(less(x!, 0))));
