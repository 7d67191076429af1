import {
  bytesOf,
  checkFeeds,
  runtimeError,
  SightlineError,
  type Feeds,
  type Program,
  type Resident,
} from '@sightline/core/backend';
import type { Graph } from '@sightline/core/graph';
import { bytesPerElement, size, type AnyTensor } from '@sightline/core/tensor';
import { backendName, GpuTensor, readAll } from './device/gpu-tensor.ts';
import { runtimeGrace, type Gpu } from './device/gpu.ts';
import type { DeviceSource } from './device/source.ts';
import { hasBuffer, onGpu, sent, storage } from './device/transfer.ts';
import { residentInMemory } from './residents.ts';
import { openSession, type Runtime, type Session } from './session.ts';

/** The runtime's tensors. */
type OrtTensor = InstanceType<Runtime['ort']['Tensor']>;
/** A feed where the runtime takes it, and how to let go of it after the run. */
interface Bound {
  readonly tensor: OrtTensor;
  readonly since: number;
  done(): void;
}

/** A graph as a session on the device of the moment. */
export class WebGpuProgram implements Program {
  readonly backend = backendName;
  readonly bytes: number;
  readonly #runtime: Runtime;
  readonly #source: DeviceSource;
  readonly #graph: Graph;
  #open: { readonly session: Session; readonly gpu: Gpu } | undefined;
  #released = false;

  readonly #forget: () => void;

  constructor(runtime: Runtime, source: DeviceSource, graph: Graph, forget: () => void) {
    this.#forget = forget;
    this.#runtime = runtime;
    this.#source = source;
    this.#graph = graph;
    this.bytes = bytesOf(graph);
  }

  /** Compiles now what would otherwise be compiled at the first run. */
  async open(): Promise<void> {
    const gpu = await this.#source.current();
    await this.#runtime.exclusive(() => this.#session(gpu));
  }

  async run(feeds: Feeds): Promise<Record<string, AnyTensor>> {
    const residents = await this.keep(feeds);
    try {
      const entries = Object.entries(residents);
      const onDevice = entries.flatMap(([, resident]) => (resident instanceof GpuTensor ? [resident] : []));
      const numbers = onDevice.length > 0 ? await readAll(onDevice[0]!.gpu, onDevice) : [];
      const read = new Map<Resident, AnyTensor>(onDevice.map((resident, i) => [resident, numbers[i]!]));
      const results = entries.map(
        async ([name, resident]) => [name, read.get(resident) ?? (await resident.read())] as const,
      );
      return Object.fromEntries(await Promise.all(results));
    } finally {
      for (const resident of Object.values(residents)) resident.release();
    }
  }

  async keep(feeds: Feeds): Promise<Record<string, Resident>> {
    if (this.#released) throw new SightlineError('runtime', 'this program was released');
    checkFeeds(this.#graph, feeds);
    const gpu = await this.#device();
    return this.#runtime.exclusive(() => this.#runOn(gpu, feeds));
  }

  async release(): Promise<void> {
    this.#released = true;
    this.#forget();
    await this.#runtime.exclusive(() => this.#close());
  }

  /** Where the device is gone and no other comes, this program is as lost as the device: compiling anew says what is left. */
  async #device(): Promise<Gpu> {
    try {
      return await this.#source.current();
    } catch (cause) {
      const gone = this.#source.latest?.gone;
      if (!gone) throw cause;
      throw new SightlineError(
        'device-lost',
        `${gone.message}, and no other came: ${(cause as Error).message}`,
        {},
        { cause },
      );
    }
  }

  async #runOn(gpu: Gpu, feeds: Feeds): Promise<Record<string, Resident>> {
    const session = await this.#session(gpu);
    const since = gpu.faults.length;
    const bound: Record<string, Bound> = {};
    const outputs: Record<string, GpuTensor> = {};
    let done = false;
    try {
      for (const { name } of this.#graph.inputs) bound[name!] = await this.#bind(gpu, feeds[name!]!);
      const began = Object.values(bound).reduce((least, feed) => Math.min(least, feed.since), since);
      for (const [name, tensor] of this.#allocate(gpu, began)) outputs[name] = tensor;
      const given = Object.fromEntries(Object.entries(bound).map(([name, { tensor }]) => [name, tensor]));
      gpu.counters.runs++;
      const results = await gpu.guard(session.run(given, this.#fetches(outputs)), runtimeGrace);
      const kept = Object.keys(this.#graph.outputs).map((name) => [
        name,
        outputs[name] ?? this.#fromOrt(results[name]!),
      ]);
      done = true;
      return Object.fromEntries(kept) as Record<string, Resident>;
    } catch (cause) {
      if (gpu.gone) throw gpu.gone;
      if (cause instanceof SightlineError) throw cause;
      // A failed run leaves the session bound to what it was given: the next one gets a fresh session.
      await this.#close().catch(() => undefined);
      throw runtimeError('the network failed to run', cause);
    } finally {
      for (const feed of Object.values(bound)) feed.done();
      if (!done) for (const output of Object.values(outputs)) output.release();
    }
  }

  async #bind(gpu: Gpu, feed: AnyTensor | Resident): Promise<Bound> {
    const { ort } = this.#runtime;
    if (feed instanceof GpuTensor) {
      if (feed.gpu !== gpu) throw feed.gpu.gone ?? new SightlineError('bad-input', 'a feed is on another GPU device');
      feed.pin();
      return { tensor: this.#wrap(feed.buffer, feed.type, feed.dims), since: feed.since, done: () => feed.unpin() };
    }
    const plain = 'read' in feed ? await feed.read() : feed;
    const { type, dims, data } = plain;
    if (!onGpu(type) || data.length === 0) {
      const tensor = new ort.Tensor(type, data as Float32Array, dims);
      return { tensor, since: Infinity, done: () => undefined };
    }
    const buffer = sent(gpu, plain, 'sightline feed');
    return { tensor: this.#wrap(buffer, type, dims), since: Infinity, done: () => gpu.pool.give(buffer) };
  }

  /** Buffers for the outputs, whose shapes are known: the runtime writes into them, and reading needs no runtime. */
  *#allocate(gpu: Gpu, since: number): Generator<[string, GpuTensor]> {
    for (const [name, value] of Object.entries(this.#graph.outputs)) {
      if (!hasBuffer(value)) continue;
      const buffer = gpu.pool.take(size(value.dims) * bytesPerElement(value.type), storage(), 'sightline result');
      yield [name, new GpuTensor(gpu, buffer, value.type, value.dims, since)];
    }
  }

  #fetches(outputs: Readonly<Record<string, GpuTensor>>): Record<string, OrtTensor | null> {
    const place = (tensor: GpuTensor | undefined): OrtTensor | null =>
      tensor ? this.#wrap(tensor.buffer, tensor.type, tensor.dims) : null;
    return Object.fromEntries(Object.keys(this.#graph.outputs).map((name) => [name, place(outputs[name])]));
  }

  #wrap(buffer: GPUBuffer, dataType: GpuTensor['type'], dims: readonly number[]): OrtTensor {
    return this.#runtime.ort.Tensor.fromGpuBuffer(buffer, { dataType, dims });
  }

  /** An output of a shape that only the runtime knows, or of a type that no shader reads. */
  #fromOrt(result: OrtTensor): Resident {
    return residentInMemory({ type: result.type, dims: result.dims, data: result.data } as AnyTensor);
  }

  async #session(gpu: Gpu): Promise<Session> {
    if (gpu.gone) throw gpu.gone;
    if (this.#released) throw new SightlineError('runtime', 'this program was released');
    if (this.#open?.gpu === gpu) return this.#open.session;
    await this.#close();
    const session = await openSession(this.#runtime, gpu, this.#graph);
    this.#open = { session, gpu };
    return session;
  }

  async #close(): Promise<void> {
    const old = this.#open;
    this.#open = undefined;
    await old?.session.release();
  }
}
