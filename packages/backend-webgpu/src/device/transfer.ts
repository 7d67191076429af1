import { SightlineError } from '@sightline/core/backend';
import type { Value } from '@sightline/core/graph';
import { elementArrays, size, type AnyTensor, type ElementType } from '@sightline/core/tensor';
import type { Gpu } from './gpu.ts';

/** What has elements in a GPU buffer, as they lie in memory. What is not here, no shader of onnxruntime-web reads. */
const gpuTypes = ['float32', 'int32', 'int64', 'uint8', 'bool'] as const satisfies readonly ElementType[];
export type GpuType = (typeof gpuTypes)[number];
export const onGpu = (type: ElementType): type is GpuType => (gpuTypes as readonly ElementType[]).includes(type);

/** Whether a value has a buffer of its own: its type and its size are known. */
export const hasBuffer = (value: Pick<Value, 'type' | 'dims'>): value is { type: GpuType; dims: readonly number[] } =>
  onGpu(value.type) && value.dims !== undefined && size(value.dims) > 0;

/** What buffers of tensors are used as: shaders' input and output, copies either way. */
export const storage = (): GPUBufferUsageFlags =>
  GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_SRC | GPUBufferUsage.COPY_DST;

/** A buffer out of the pool with the tensor's numbers in it. */
export function sent(gpu: Gpu, { data }: Pick<AnyTensor, 'data'>, label: string): GPUBuffer {
  const buffer = gpu.pool.take(data.byteLength, storage(), label);
  write(gpu, buffer, data);
  gpu.counters.uploads++;
  gpu.counters.uploadedBytes += data.byteLength;
  return buffer;
}

/** A write is of whole words: bytes that are no multiple of four are copied first. */
export function write({ device }: Gpu, buffer: GPUBuffer, data: AnyTensor['data']): void {
  const { byteOffset, byteLength } = data;
  if (byteLength === 0) return;
  if (byteLength % 4 === 0) {
    // Writing from memory that threads share is allowed, whatever the types say.
    device.queue.writeBuffer(buffer, 0, data.buffer, byteOffset, byteLength);
    return;
  }
  const words = new Uint8Array(Math.ceil(byteLength / 4) * 4);
  words.set(new Uint8Array(data.buffer, byteOffset, byteLength));
  device.queue.writeBuffer(buffer, 0, words);
}

/** A stretch of a GPU buffer, from its beginning. */
export interface Stretch {
  readonly buffer: GPUBuffer;
  readonly bytes: number;
}

/** Copies of all stretches, waited for once. Throws `device-lost`, or `runtime` where the GPU refused work since `since`. */
export async function fetched(gpu: Gpu, stretches: readonly Stretch[], since: number): Promise<ArrayBuffer[]> {
  const lengths = stretches.map(({ bytes }) => Math.ceil(bytes / 16) * 16);
  const total = lengths.reduce((sum, n) => sum + n, 0);
  const staging = gpu.pool.take(total, GPUBufferUsage.MAP_READ | GPUBufferUsage.COPY_DST, 'sightline read');
  try {
    const encoder = gpu.device.createCommandEncoder();
    let at = 0;
    stretches.forEach(({ buffer, bytes }, i) => {
      if (bytes > 0) encoder.copyBufferToBuffer(buffer, 0, staging, at, Math.ceil(bytes / 4) * 4);
      at += lengths[i]!;
    });
    gpu.device.queue.submit([encoder.finish()]);
    await gpu.guard(staging.mapAsync(GPUMapMode.READ));
    gpu.checkFaults(since);
    const mapped = staging.getMappedRange();
    at = 0;
    const copies = stretches.map(({ bytes }, i) => {
      const copy = mapped.slice(at, at + bytes);
      at += lengths[i]!;
      return copy;
    });
    gpu.counters.readBacks++;
    gpu.counters.readBytes += stretches.reduce((sum, { bytes }) => sum + bytes, 0);
    return copies;
  } catch (cause) {
    if (gpu.gone) throw gpu.gone;
    gpu.checkFaults(since);
    if (cause instanceof SightlineError) throw cause;
    throw new SightlineError(
      'runtime',
      `the GPU did not hand its numbers over: ${(cause as Error).message}`,
      {},
      { cause },
    );
  } finally {
    if (staging.mapState === 'mapped') staging.unmap();
    gpu.pool.give(staging);
  }
}

export const typed = (type: GpuType, dims: readonly number[], bytes: ArrayBuffer): AnyTensor =>
  ({ type, dims, data: new elementArrays[type](bytes) }) as AnyTensor;
