import type { Node } from '../graph/value.ts';
import { refusal, type Rule } from './rule.ts';

/**
 * Rules by node, first match wins; '*' matches all:
 * `[['Relu', pass], [isFirst, zBox(low, high)], ['Conv', gamma()], ['*', gradient]]`.
 */
export type Composite = readonly (readonly [match: string | ((node: Node) => boolean), rule: Rule])[];

const matches = (match: string | ((node: Node) => boolean), node: Node): boolean =>
  typeof match === 'function' ? match(node) : match === '*' || (match === node.op && node.domain === '');

/** The rule for a node. Throws `unsupported` where none matches. */
export function ruleOf(composite: Composite, node: Node): Rule {
  const entry = composite.find(([match]) => matches(match, node));
  if (!entry) throw refusal(node, 'no rule of the composite matches this op');
  return entry[1];
}
