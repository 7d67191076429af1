import { SightlineError } from '../errors.ts';
import type { Graph, Value } from '../graph/value.ts';
import { outputsOf, topological } from '../graph/walk.ts';
import { size } from '../tensor/tensor.ts';
import type { Feeds } from './backend.ts';

/** What every backend asks of its feeds before a run, because a failed run can poison a session. Throws `bad-input` by name. */
export function checkFeeds(graph: Graph, feeds: Feeds): void {
  for (const { name, type, dims } of graph.inputs) {
    const feed = feeds[name!];
    const right = `'${name}' must be ${type} [${dims!.join(', ')}]`;
    if (!feed) throw new SightlineError('bad-input', `${right}, but nothing was fed`);
    const short = 'data' in feed && feed.data.length !== size(dims!);
    if (feed.type !== type || feed.dims.join() !== dims!.join() || short) {
      throw new SightlineError('bad-input', `${right}, not ${feed.type} [${feed.dims.join(', ')}]`);
    }
  }
}

/** Weights, and activations as if none shared memory: an upper bound, which is what a budget wants. */
export function bytesOf(graph: Graph): number {
  const bytes = ({ type, dims }: Value): number => size(dims ?? []) * (wide.has(type) ? 8 : narrow.has(type) ? 1 : 4);
  return topological(outputsOf(graph)).reduce((sum, value) => sum + bytes(value), 0);
}
const wide: ReadonlySet<string> = new Set(['int64', 'float64']);
const narrow: ReadonlySet<string> = new Set(['bool', 'uint8', 'int8']);

/** The runtime's own words, one line of them. */
export function runtimeError(what: string, cause: unknown): SightlineError {
  const [reason = ''] = String((cause as Error).message ?? cause).split('\n');
  return new SightlineError('runtime', `${what}: ${reason.slice(0, 300)}`, {}, { cause });
}
