import { node } from './build.ts';
import type { Graph, Node, Value } from './value.ts';

/** Every value the roots depend on, inputs first. Iterative: deep networks would overflow the stack. */
export function topological(roots: readonly Value[]): Value[] {
  const done = new Set<Value>();
  const stack: { value: Value; opened: boolean }[] = roots.map((value) => ({ value, opened: false })).reverse();
  while (stack.length > 0) {
    const { value, opened } = stack.pop()!;
    if (done.has(value)) continue;
    if (opened || !value.node) {
      done.add(value);
      continue;
    }
    stack.push({ value, opened: true });
    for (let i = value.node.inputs.length - 1; i >= 0; i--) {
      const source = value.node.inputs[i];
      if (source && !done.has(source)) stack.push({ value: source, opened: false });
    }
  }
  return [...done];
}

/** The nodes that the roots depend on, in an order in which they can run. */
export function nodesOf(roots: readonly Value[]): Node[] {
  const nodes = new Set<Node>();
  for (const value of topological(roots)) if (value.node) nodes.add(value.node);
  return [...nodes];
}

export const outputsOf = (graph: Graph): Value[] => Object.values(graph.outputs);

/**
 * Rebuilds what the roots depend on. `replace` sees each node once its inputs are rebuilt and may hand back its new outputs;
 * `undefined` keeps the node (with its rebuilt inputs). `leaf` may replace inputs and constants.
 */
export function rewrite(
  roots: readonly Value[],
  replace: (original: Node, inputs: readonly (Value | undefined)[]) => readonly Value[] | undefined,
  leaf: (value: Value) => Value = (value) => value,
): (value: Value) => Value {
  const map = new Map<Value, Value>();
  const renewed = (value: Value): Value => map.get(value) ?? value;
  for (const value of topological(roots)) {
    if (map.has(value)) continue;
    if (!value.node) {
      map.set(value, leaf(value));
      continue;
    }
    const original = value.node;
    const inputs = original.inputs.map((x) => x && renewed(x));
    const outputs = replace(original, inputs) ?? kept(original, inputs);
    original.outputs.forEach((output, i) => map.set(output, outputs[i]!));
  }
  return renewed;
}

function kept(original: Node, inputs: readonly (Value | undefined)[]): readonly Value[] {
  if (inputs.every((x, i) => x === original.inputs[i])) return original.outputs;
  const { op, domain, name, attributes, outputs } = original;
  return node(op, inputs, attributes, { domain, name, outputs: outputs.map((o) => o.name ?? '') }).outputs;
}
