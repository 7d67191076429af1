import { SightlineError } from '../errors.ts';
import type { Graph } from '../graph/value.ts';
import { nodesOf, outputsOf } from '../graph/walk.ts';
import { isResident, type Backend, type Feeds, type Program } from './backend.ts';

/**
 * Several backends as one: each graph runs on the first that takes all of it, and the last takes whatever is left. The
 * program says where it runs and what the ones before had against it. Never node by node: a graph is on one backend.
 * `unavailable` are those that could not even be opened, with the reason.
 */
export function chain(backends: readonly Backend[], unavailable: Readonly<Record<string, string>> = {}): Backend {
  const [first, last] = [backends[0]!, backends.at(-1)!];
  return {
    name: first.name,
    refuses: (node) => last.refuses(node),
    kernels: last.kernels,
    limits: first.limits,
    upload: (tensor) => first.upload(tensor),
    async compile(graph) {
      const refusals: Record<string, string> = { ...unavailable };
      for (const backend of backends) {
        const refusal = refusalOf(backend, graph);
        if (refusal !== undefined) {
          refusals[backend.name] = refusal;
          continue;
        }
        try {
          return welcoming(await backend.compile(graph), refusals);
        } catch (error) {
          if (backend === last || !(error instanceof SightlineError)) throw error;
          refusals[backend.name] = error.message;
        }
      }
      throw new SightlineError('unsupported', `no backend runs this graph: ${reasons(refusals)}`, { refusals });
    },
    async dispose() {
      await Promise.all(backends.map((backend) => backend.dispose()));
    },
  };
}

/** The first node that a backend does not run, and why. */
export function refusalOf(backend: Backend, graph: Graph): string | undefined {
  for (const node of nodesOf(outputsOf(graph))) {
    const refusal = backend.refuses(node);
    if (refusal !== undefined) return refusal;
  }
  return undefined;
}

const reasons = (refusals: Readonly<Record<string, string>>): string =>
  Object.entries(refusals)
    .map(([name, reason]) => `${name}: ${reason}`)
    .join('; ');

/** A program that takes what other backends keep, by way of memory. */
function welcoming(program: Program, refusals: Readonly<Record<string, string>>): Program {
  const own = async (feeds: Feeds): Promise<Feeds> => {
    const entries = await Promise.all(
      Object.entries(feeds).map(async ([name, feed]) => {
        const foreign = isResident(feed) && feed.backend !== program.backend;
        return [name, foreign ? await feed.read() : feed] as const;
      }),
    );
    return Object.fromEntries(entries);
  };
  return {
    backend: program.backend,
    refusals,
    bytes: program.bytes,
    run: async (feeds) => program.run(await own(feeds)),
    keep: async (feeds) => program.keep(await own(feeds)),
    release: () => program.release(),
  };
}
