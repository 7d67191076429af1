import { elementwise } from './elementwise.ts';
import { layout } from './layout.ts';
import { quantised } from './quantised.ts';
import type { ShapeRule } from './rule.ts';
import { spatialOps } from './spatial.ts';

/** How each op that Sightline understands shapes its outputs. An op that is not here can be run but not looked into. */
export const shapeRules: Readonly<Record<string, ShapeRule>> = {
  ...elementwise,
  ...spatialOps,
  ...layout,
  ...quantised,
};
export { broadcast, numberOf, numbersOf, wordOf } from './rule.ts';
export { elementType, onnxTypes } from './elementwise.ts';
export { axisOf, sliceRange } from './layout.ts';
export { reach, windowOf, type Window } from './spatial.ts';
