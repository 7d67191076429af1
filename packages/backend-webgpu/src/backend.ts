import type { Backend, BackendHost } from '@sightline/core/backend';
import type { Graph } from '@sightline/core/graph';
import { newCounters, type Counters } from './device/counters.ts';
import { backendName, GpuTensor } from './device/gpu-tensor.ts';
import type { Gpu } from './device/gpu.ts';
import { DeviceSource } from './device/source.ts';
import { hasBuffer, sent } from './device/transfer.ts';
import { checkSizes, limitsOf } from './limits.ts';
import { checkOptions } from './options.ts';
import { halved } from './passes/half.ts';
import { lowered } from './passes/index.ts';
import { WebGpuProgram } from './program.ts';
import { refuses } from './refuses.ts';
import { residentInMemory } from './residents.ts';
import type { Runtime } from './session.ts';

type Host = Pick<BackendHost, 'runtime' | 'exclusive' | 'kernels'>;

/** A runtime that does not load leaves no device behind. */
async function loaded({ runtime, exclusive }: Host, source: DeviceSource): Promise<Runtime> {
  try {
    return { ort: await runtime(), exclusive };
  } catch (error) {
    source.close();
    throw error;
  }
}

/** The backend, and what only this one has. */
export interface WebGpuBackend extends Backend {
  readonly counters: Readonly<Counters>;
  /** The device of the moment, to share buffers with; a fresh one after a loss. Throws `unavailable`. */
  gpu(): Promise<Gpu>;
}
export const isWebGpuBackend = (backend: Backend): backend is WebGpuBackend =>
  'counters' in backend && 'gpu' in backend;

/** Throws `unavailable` before the runtime is asked for: without a GPU nothing is downloaded. */
export async function open(given: Readonly<Record<string, unknown>>, host: Host): Promise<WebGpuBackend> {
  const options = checkOptions(given);
  const source = new DeviceSource(options, newCounters());
  const gpu = await source.current();
  const { memory, batch } = limitsOf(gpu, options.memory);
  const runtime = await loaded(host, source);
  const programs = new Set<WebGpuProgram>();
  const rewritten = (graph: Graph): Graph =>
    options.precision === 'float16' ? halved(lowered(graph)) : lowered(graph);
  return {
    name: backendName,
    limits: { memory, batch },
    kernels: host.kernels,
    counters: source.counters,
    gpu: () => source.current(),
    refuses,
    async compile(graph) {
      const ready = rewritten(graph);
      checkSizes(ready, await source.current());
      const program = new WebGpuProgram(runtime, source, ready, () => programs.delete(program));
      programs.add(program);
      try {
        await program.open();
      } catch (error) {
        await program.release();
        throw error;
      }
      return program;
    },
    async upload(tensor) {
      if (!hasBuffer(tensor)) return residentInMemory(tensor);
      // Without a device the tensor waits in memory: the program that it is for will run elsewhere, or say why it does not run.
      const current = await source.current().catch(() => undefined);
      if (!current) return residentInMemory(tensor);
      const buffer = sent(current, tensor, 'sightline tensor');
      return new GpuTensor(current, buffer, tensor.type, tensor.dims, current.faults.length);
    },
    async dispose() {
      await Promise.all([...programs].map((program) => program.release()));
      source.close();
    },
  };
}
