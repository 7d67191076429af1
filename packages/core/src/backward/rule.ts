import { SightlineError } from '../errors.ts';
import type { Node, Shaped } from '../graph/value.ts';

/** What a rule sees beside the node and what arrives at it. */
export interface RuleContext {
  /** The node's first output: a rule reads it here, so that it can be applied to other data than the node's own. */
  readonly output: Shaped;
  /** What arrives at each output, `undefined` where nothing does: for a node with several. */
  readonly arriving: readonly (Shaped | undefined)[];
  /** Which inputs lead to what the walk was asked for: a rule need not build the other shares, and refuses only these. */
  readonly wants: readonly boolean[];
}

/**
 * How one node hands what arrives at its output (a gradient, a relevance) to its inputs: one value per input, `undefined`
 * where nothing flows. `incoming` is what arrives at the first output. A rule emits forward ops, so a backward pass runs
 * on every backend that can run the forward one, and can be walked again.
 */
export type Rule = (node: Node, incoming: Shaped, context: RuleContext) => readonly (Shaped | undefined)[];

/** The error for a node that a rule cannot take, with the node and the reason. */
export function refusal(node: Node, reason: string): SightlineError {
  const name = node.name || node.outputs.find((output) => output.name)?.name || '';
  const op = node.domain ? `${node.domain}.${node.op}` : node.op;
  return new SightlineError('unsupported', `node '${name}' (${op}): ${reason}`, { node: name, op, reason });
}
