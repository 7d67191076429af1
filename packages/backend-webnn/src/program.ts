import {
  bytesOf,
  checkFeeds,
  inMemory,
  isResident,
  runtimeError,
  SightlineError,
  type AcceleratedOrt,
  type BackendHost,
  type Feeds,
  type Program,
  type Resident,
} from '@sightline/core/backend';
import type { Graph } from '@sightline/core/graph';
import type { AnyTensor } from '@sightline/core/tensor';
import { nameCulprit } from './culprit.ts';
import type { Device } from './device.ts';
import type { MLContext } from './ml.ts';
import { lost, name, onDevice, tensorOf } from './resident.ts';
import { createSession, type Session } from './session.ts';

type OrtTensor = Awaited<ReturnType<Session['run']>>[string];

interface Opened {
  readonly session: Session;
  readonly context: MLContext;
  /** Set when it is released: what it made is from then on nobody's but the holder's. */
  closed: boolean;
}

export interface Machinery {
  readonly ort: AcceleratedOrt;
  readonly device: Device;
  readonly exclusive: BackendHost['exclusive'];
}

/** Milliseconds that a session may take to be made, and a single node's. What hangs hangs for ever; ResNet-18 takes about one second. */
export interface Patience {
  readonly create: number;
  readonly probe: number;
}
const patient: Patience = { create: 60_000, probe: 5000 };

/** A graph that WebNN runs as it is. */
export async function createProgram(
  graph: Graph,
  { ort, device, exclusive }: Machinery,
  patience: Patience = patient,
): Promise<Program> {
  const open = async (): Promise<Opened> => {
    const context = await device.context();
    const session = await exclusive(() => createSession(ort, context, device.choice, graph, patience.create));
    return { session, context, closed: false };
  };
  let opened: Promise<Opened> | undefined = Promise.resolve(
    await openOrName(graph, open, { ort, device, exclusive }, patience.probe),
  );
  let released = false;

  const close = async (old: Opened): Promise<void> => {
    if (old.closed) return;
    old.closed = true;
    opened = undefined;
    await exclusive(() => old.session.release());
  };
  /** A session on the context of today. Calls that come together share the making of it. */
  async function usable(): Promise<Opened> {
    if (released) throw new SightlineError('runtime', 'this program was released');
    opened ??= open().catch((error: unknown) => {
      opened = undefined;
      throw error;
    });
    const current = await opened;
    if (!current.closed && device.has(current.context)) return current;
    await close(current).catch(() => undefined);
    return usable();
  }

  /** Runs once and hands each output on. What fails leaves a session in an unknown state: the next run gets a fresh one. */
  async function execute<T>(
    feeds: Feeds,
    take: (output: OrtTensor, from: Opened) => Promise<T>,
  ): Promise<Record<string, T>> {
    checkFeeds(graph, feeds);
    const current = await usable();
    const given = await prepared(ort, feeds, current.context);
    try {
      const results = await exclusive(async () => {
        // The run before this one may have failed, or the program been released, while this one waited.
        if (current.closed) return undefined;
        const outputs = Object.entries(await current.session.run(given));
        const taken = outputs.map(async ([key, output]) => [key, await take(output, current)] as const);
        return Object.fromEntries(await Promise.all(taken));
      });
      return results ?? (await execute(feeds, take));
    } catch (cause) {
      if (cause instanceof SightlineError) throw cause;
      await close(current).catch(() => undefined);
      throw lost(device, current.context, cause) ?? runtimeError('the network failed to run on WebNN', cause);
    }
  }

  return {
    backend: name,
    bytes: bytesOf(graph),
    run: (feeds) => execute(feeds, fetched),
    keep: (feeds) => execute(feeds, (output, from) => kept(output, from, device)),
    async release() {
      released = true;
      const last = await opened?.catch(() => undefined);
      if (last) await close(last);
    },
  };
}

/** The first session of a graph: where it fails, the error names the node that WebNN did not take. */
async function openOrName(
  graph: Graph,
  open: () => Promise<Opened>,
  machinery: Machinery,
  milliseconds: number,
): Promise<Opened> {
  try {
    return await open();
  } catch (failure) {
    if (!(failure instanceof SightlineError) || failure.code === 'unavailable') throw failure;
    const { ort, device, exclusive } = machinery;
    const context = await device.context();
    throw await nameCulprit(graph, failure, (single) =>
      exclusive(async () => {
        try {
          await (await createSession(ort, context, device.choice, single, milliseconds)).release();
          return undefined;
        } catch (error) {
          return (error as Error).message;
        }
      }),
    );
  }
}

/** A tensor in memory; what it took on the device goes back to the session. */
async function fetched(output: OrtTensor): Promise<AnyTensor> {
  const { type, dims } = output;
  const data = await output.getData(true);
  return { type, dims, data } as AnyTensor;
}

async function kept(output: OrtTensor, from: Opened, device: Device): Promise<Resident> {
  if (output.location !== 'ml-tensor') return inMemory(await fetched(output), name);
  const tensor = output.mlTensor;
  // The session keeps what is disposed of for its next run; one that is gone has no next run.
  const free = (): void => (from.closed ? tensor.destroy() : output.dispose());
  return onDevice(output.dims, from.context, tensor, device, free);
}

async function prepared(ort: AcceleratedOrt, feeds: Feeds, context: MLContext): Promise<Record<string, OrtTensor>> {
  const entries = Object.entries(feeds).map(async ([key, feed]) => {
    const there = isResident(feed) ? tensorOf(feed, context) : undefined;
    if (there) return [key, ort.Tensor.fromMLTensor(there, { dataType: 'float32', dims: feed.dims })] as const;
    const { type, data, dims } = isResident(feed) ? await feed.read() : feed;
    return [key, new ort.Tensor(type, data as Float32Array, dims)] as const;
  });
  return Object.fromEntries(await Promise.all(entries));
}
