/** What a device is made to do, by onnxruntime-web too: live buffers and their bytes, writes, reads, submissions and dispatches. */
export interface Usage {
  buffers: number;
  bytes: number;
  created: number;
  submits: number;
  dispatches: number;
  /** Bytes of each write to a buffer, and of each copy into a buffer that can be mapped. */
  readonly writes: number[];
  readonly reads: number[];
}

/** Wraps the functions of a device, before anybody else has it. */
export function watchDevice(device: GPUDevice): Usage {
  const usage: Usage = { buffers: 0, bytes: 0, created: 0, submits: 0, dispatches: 0, writes: [], reads: [] };
  wrap(device, 'createBuffer', (create) => (descriptor) => {
    const buffer = create(descriptor);
    usage.buffers++;
    usage.created++;
    usage.bytes += buffer.size;
    let alive = true;
    wrap(buffer, 'destroy', (destroy) => () => {
      if (alive) {
        usage.buffers--;
        usage.bytes -= buffer.size;
      }
      alive = false;
      return destroy();
    });
    return buffer;
  });
  wrap(device.queue, 'submit', (submit) => (buffers) => {
    usage.submits++;
    return submit(buffers);
  });
  wrap(device.queue, 'writeBuffer', (write) => (...parameters) => {
    const [, , data, , bytes] = parameters;
    usage.writes.push(bytes ?? data.byteLength);
    return write(...parameters);
  });
  wrap(device, 'createCommandEncoder', (create) => (descriptor) => {
    const encoder = create(descriptor);
    wrap(encoder, 'beginComputePass', (begin) => (...parameters) => {
      const pass = begin(...parameters);
      wrap(pass, 'dispatchWorkgroups', (dispatch) => (...groups) => {
        usage.dispatches++;
        return dispatch(...groups);
      });
      return pass;
    });
    // Its overloads are more than a wrapper can be typed for.
    const copy = encoder.copyBufferToBuffer.bind(encoder) as (...parameters: unknown[]) => undefined;
    Object.assign(encoder, {
      copyBufferToBuffer: (...parameters: [GPUBuffer, number, GPUBuffer, number, number]) => {
        const [, , into, , bytes] = parameters;
        if ((into.usage & GPUBufferUsage.MAP_READ) !== 0) usage.reads.push(bytes);
        return copy(...parameters);
      },
    });
    return encoder;
  });
  return usage;
}

type Callable = (...parameters: never[]) => unknown;
function wrap<T extends object, K extends keyof T>(
  target: T,
  name: K,
  around: (original: T[K] & Callable) => T[K],
): void {
  const original = (target[name] as Callable).bind(target) as T[K] & Callable;
  target[name] = around(original);
}
