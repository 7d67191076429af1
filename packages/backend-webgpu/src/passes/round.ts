import { add, and, apply, equal, greater, mul, sub, toFloat } from '@sightline/core/graph';
import { withShapes } from './lowering.ts';

/** To the nearest whole number, halves to the even one: ⌊x⌋ + [d > ½] + [d = ½ and ⌊x⌋ odd], d = x − ⌊x⌋. */
export const round = withShapes(([x]) => {
  const floor = apply('Floor', [x!]);
  const rest = sub(x!, floor);
  const odd = greater(sub(floor, mul(apply('Floor', [mul(floor, 0.5)]), 2)), 0.5);
  const up = add(toFloat(greater(rest, 0.5)), toFloat(and(equal(rest, 0.5), odd)));
  return add(floor, up);
});
