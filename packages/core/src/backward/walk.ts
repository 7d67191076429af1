import { SightlineError } from '../errors.ts';
import { shaped } from '../graph/build.ts';
import { add, sameDims, zeros } from '../graph/ops.ts';
import { nodesOf, topological } from '../graph/walk.ts';
import type { Node, Shaped, Value } from '../graph/value.ts';
import { ruleOf, type Composite } from './composite.ts';
import { refusal } from './rule.ts';

/**
 * Walks from `outputs` (each with its seed: what arrives there) back to `to`, and returns what flows to each of these.
 *
 * Only nodes between `to` and the outputs are visited, so a walk to a layer emits the backward pass of the rest of the
 * network and nothing else. Shares of a value that is used more than once are added. Constants receive nothing; a value of
 * `to` that nothing flows to gets zeros. The result is graph again and can be walked again.
 */
export function backward(
  outputs: ReadonlyMap<Value, Shaped>,
  to: readonly Value[],
  composite: Composite,
): Map<Value, Shaped> {
  const roots = [...outputs.keys()];
  const wanted = dependents(roots, to);
  const flow = new Map<Value, Shaped>();
  const give = (value: Value, share: Shaped): void => {
    const sofar = flow.get(value);
    flow.set(value, sofar ? add(sofar, share) : share);
  };
  for (const [output, seed] of outputs) give(output, fitting(output, seed));

  for (const node of nodesOf(roots).reverse()) {
    const wants = node.inputs.map((source) => source !== undefined && wanted.has(source) && !source.constant);
    const arriving = node.outputs.map((output) => flow.get(output));
    if (!wants.includes(true) || arriving.every((share) => share === undefined)) continue;
    const output = node.outputs[0]!;
    if (output.dims === undefined)
      throw refusal(node, 'Sightline does not look into this op, so nothing flows back through it');
    const rule = ruleOf(composite, node);
    const incoming = arriving[0] ?? zeros(output.dims);
    rule(node, incoming, { output: shaped(output), arriving, wants }).forEach((share, i) => {
      if (share && wants[i]) give(node.inputs[i]!, fitting(node.inputs[i]!, share, node));
    });
  }
  return new Map(to.map((value) => [value, flow.get(value) ?? zeros(shaped(value).dims)]));
}

/** The values of `to`, and all that depends on them. */
function dependents(roots: readonly Value[], to: readonly Value[]): Set<Value> {
  const found = new Set<Value>(to);
  for (const value of topological(roots)) {
    if (value.node?.inputs.some((source) => source !== undefined && found.has(source))) found.add(value);
  }
  return found;
}

/** What arrives at a value has its shape: a seed or rule that breaks this would be summed into a wrong map. */
function fitting(value: Value, share: Shaped, node?: Node): Shaped {
  const { dims } = shaped(value);
  if (sameDims(dims, share.dims)) return share;
  const difference = `[${share.dims.join(', ')}] for a value of [${dims.join(', ')}]`;
  if (node) throw refusal(node, `its rule hands back ${difference}`);
  throw new SightlineError('bad-input', `a seed of ${difference}`, { value: value.name });
}
