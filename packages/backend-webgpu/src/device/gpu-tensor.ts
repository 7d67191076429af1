import { SightlineError, type Resident } from '@sightline/core/backend';
import { bytesPerElement, size, type AnyTensor } from '@sightline/core/tensor';
import type { Gpu } from './gpu.ts';
import { fetched, typed, type GpuType } from './transfer.ts';

export const backendName = 'webgpu';

/** A tensor in a buffer of its own on the GPU. */
export class GpuTensor implements Resident {
  readonly type: GpuType;
  readonly dims: readonly number[];
  readonly backend = backendName;
  readonly gpu: Gpu;
  readonly buffer: GPUBuffer;
  readonly bytes: number;
  /** How many of the GPU's faults were known before any of the work that leads to these numbers was begun. */
  readonly since: number;
  #pins = 0;
  #released = false;

  /** The buffer comes out of the pool and goes back there. */
  constructor(gpu: Gpu, buffer: GPUBuffer, type: GpuType, dims: readonly number[], since: number) {
    this.gpu = gpu;
    this.buffer = buffer;
    this.type = type;
    this.dims = dims;
    this.since = since;
    this.bytes = size(dims) * bytesPerElement(type);
  }

  async read(): Promise<AnyTensor> {
    return (await readAll(this.gpu, [this]))[0]!;
  }

  release(): void {
    this.#released = true;
    this.#settle();
  }

  /** Keeps the buffer from being used again until `unpin`, released or not: work with it is about to be submitted. */
  pin(): void {
    this.checkAlive();
    this.#pins++;
  }
  unpin(): void {
    this.#pins--;
    this.#settle();
  }

  checkAlive(): void {
    if (this.gpu.gone) throw this.gpu.gone;
    if (this.#released) {
      throw new SightlineError('runtime', `a tensor [${this.dims.join(', ')}] was used after it was released`);
    }
  }

  #given = false;
  #settle(): void {
    if (!this.#released || this.#pins > 0 || this.#given) return;
    this.#given = true;
    this.gpu.pool.give(this.buffer);
  }
}

/** Reads several tensors of one device with one wait. */
export async function readAll(gpu: Gpu, tensors: readonly GpuTensor[]): Promise<AnyTensor[]> {
  for (const tensor of tensors) tensor.checkAlive();
  if (tensors.length === 0) return [];
  for (const tensor of tensors) tensor.pin();
  try {
    const since = Math.min(...tensors.map((tensor) => tensor.since));
    const copies = await fetched(gpu, tensors, since);
    return tensors.map(({ type, dims }, i) => typed(type, dims, copies[i]!));
  } finally {
    for (const tensor of tensors) tensor.unpin();
  }
}
