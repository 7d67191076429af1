/** Idle buffers beyond this are destroyed. */
const idleLimit = 64 * 2 ** 20;

/**
 * Buffers of one device, used again once they are given back. Shapes are static, so sizes repeat and the exact size is the
 * key. A buffer may be taken again while the GPU still works on what was submitted with it: the queue keeps the order.
 */
export class BufferPool {
  readonly #device: GPUDevice;
  readonly #idle = new Map<string, GPUBuffer[]>();
  #idleBytes = 0;
  /** Bytes of the buffers that are in use. */
  taken = 0;

  constructor(device: GPUDevice) {
    this.#device = device;
  }

  take(bytes: number, usage: GPUBufferUsageFlags, label: string): GPUBuffer {
    const size = bufferSize(bytes);
    const idle = this.#idle.get(`${size} ${usage}`)?.pop();
    if (idle) this.#idleBytes -= size;
    const buffer = idle ?? this.#device.createBuffer({ size, usage, label });
    this.taken += size;
    return buffer;
  }

  give(buffer: GPUBuffer): void {
    this.taken -= buffer.size;
    if (this.#idleBytes + buffer.size > idleLimit) {
      buffer.destroy();
      return;
    }
    this.#idleBytes += buffer.size;
    const key = `${buffer.size} ${buffer.usage}`;
    const idle = this.#idle.get(key);
    if (idle) idle.push(buffer);
    else this.#idle.set(key, [buffer]);
  }

  /** What is idle, destroyed. */
  drain(): void {
    for (const buffers of this.#idle.values()) for (const buffer of buffers) buffer.destroy();
    this.#idle.clear();
    this.#idleBytes = 0;
  }
}

/** Shaders of onnxruntime-web read four numbers at once, and a binding of no bytes is an error. */
const bufferSize = (bytes: number): number => Math.max(16, Math.ceil(bytes / 16) * 16);
