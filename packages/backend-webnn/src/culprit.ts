import { input, node as rebuild, nodesOf, outputsOf, type Graph, type Node, type Value } from '@sightline/core/graph';
import { SightlineError } from '@sightline/core/backend';
import { named } from './named.ts';

/** Enough to name the node of any graph seen, and an end for one that fails for another reason; milliseconds, too, where each hangs. */
const most = 64;
const patience = 30_000;

/** Why a single node fails by itself, or undefined where it does not. */
export type Attempt = (graph: Graph) => Promise<string | undefined>;

/**
 * The node that made a graph fail: the runtime names none. Each kind of node is tried alone, once, in the order in which they
 * run; a failure of all together stays without a name.
 */
export async function nameCulprit(graph: Graph, failure: SightlineError, attempt: Attempt): Promise<SightlineError> {
  const kinds = new Map<string, Node>();
  for (const node of nodesOf(outputsOf(graph))) {
    const { op, inputs, attributes } = node;
    const key = JSON.stringify([op, inputs.map((x) => [x?.dims, x?.type, x?.constant && 'constant']), attributes]);
    if (!kinds.has(key)) kinds.set(key, node);
  }
  const end = performance.now() + patience;
  for (const node of [...kinds.values()].slice(0, most)) {
    if (performance.now() > end) break;
    const reason = await attempt(alone(node));
    if (reason === undefined) continue;
    const shapes = node.inputs.map((x) => `[${x?.dims?.join(', ') ?? ''}]`).join(' × ');
    const message = `${named(node)} over ${shapes}: ${reason}`;
    return new SightlineError('unsupported', message, { node: node.name, op: node.op, reason }, { cause: failure });
  }
  return failure;
}

/** The node over inputs of its own; constants stay what they are. */
function alone(node: Node): Graph {
  const made = new Map<Value, Value>();
  const inputs = node.inputs.map((x, i) => {
    if (!x || x.constant) return x;
    if (!made.has(x)) made.set(x, input(`x${i}`, x.dims!, x.type));
    return made.get(x);
  });
  const { outputs } = rebuild(node.op, inputs, node.attributes, { domain: node.domain, name: node.name });
  return { inputs: [...made.values()], outputs: Object.fromEntries(outputs.map((y, i) => [`y${i}`, y])) };
}
