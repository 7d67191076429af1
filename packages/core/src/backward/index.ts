export { refusal, type Rule, type RuleContext } from './rule.ts';
export { ruleOf, type Composite } from './composite.ts';
export { backward } from './walk.ts';
export { differentiable, gradient, type DifferentiableOp } from './rules/gradient/index.ts';
export { deconvnet, deconvRelu, guidedBackprop, guidedRelu } from './rules/guided.ts';
export { deepLift } from './rules/deep-lift.ts';
export { lrpEpsilon } from './rules/lrp-epsilon.ts';
