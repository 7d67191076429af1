/** Idle buffers take this many bytes at most: past it those that were idle longest are destroyed. */
const idleLimit = 64 * 2 ** 20;

/**
 * Buffers of one device, used again once they are given back. A buffer may be taken again while the GPU still works on what was submitted
 * with it: the queue keeps the order.
 */
export class BufferPool {
  readonly #device: GPUDevice;
  /** Idle longest first. */
  readonly #idle = new Set<GPUBuffer>();
  #idleBytes = 0;
  #closed = false;

  constructor(device: GPUDevice) {
    this.#device = device;
  }

  /** A buffer of at least so many bytes, with whatever was left in it. */
  take(bytes: number, usage: GPUBufferUsageFlags, label: string): GPUBuffer {
    const size = bucket(bytes);
    for (const buffer of this.#idle) {
      if (buffer.size !== size || buffer.usage !== usage) continue;
      this.#forget(buffer);
      return buffer;
    }
    return this.#device.createBuffer({ size, usage, label });
  }

  give(buffer: GPUBuffer): void {
    if (this.#closed) {
      buffer.destroy();
      return;
    }
    this.#idle.add(buffer);
    this.#idleBytes += buffer.size;
    for (const oldest of this.#idle) {
      if (this.#idleBytes <= idleLimit) return;
      this.#forget(oldest);
      oldest.destroy();
    }
  }

  /** What is idle is destroyed, and so is what is given back from now on. */
  close(): void {
    this.#closed = true;
    for (const buffer of this.#idle) buffer.destroy();
    this.#idle.clear();
  }

  #forget(buffer: GPUBuffer): void {
    this.#idle.delete(buffer);
    this.#idleBytes -= buffer.size;
  }
}

/**
 * Sizes 2ⁿ and 1½ · 2ⁿ: few enough that a buffer fits the next program too. Never none, which no shader binds, and always whole
 * groups of four numbers, which onnxruntime-web's shaders read at once.
 */
function bucket(bytes: number): number {
  let size = 64;
  while (size < bytes) size *= 2;
  return size > 64 && bytes <= 0.75 * size ? 0.75 * size : size;
}
