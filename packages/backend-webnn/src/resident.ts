import { inMemory, SightlineError, type Resident } from '@sightline/core/backend';
import type { AnyTensor } from '@sightline/core/tensor';
import type { Device } from './device.ts';
import type { MLContext, MLTensor } from './ml.ts';

export const name = 'webnn';

interface Held {
  readonly context: MLContext;
  readonly tensor: MLTensor;
}
const held = new WeakMap<Resident, Held>();

/** A float32 tensor on the device. `free` gives it back to whoever made it. */
export function onDevice(
  dims: readonly number[],
  context: MLContext,
  tensor: MLTensor,
  device: Device,
  free: () => void,
): Resident {
  let released = false;
  const resident: Resident = {
    type: 'float32',
    dims,
    backend: name,
    async read() {
      if (released) throw new SightlineError('bad-input', `the tensor [${dims.join(', ')}] was released`);
      try {
        return { type: 'float32', dims, data: new Float32Array(await context.readTensor(tensor)) };
      } catch (cause) {
        throw lost(device, context, cause) ?? cause;
      }
    },
    release() {
      if (released) return;
      released = true;
      held.delete(resident);
      free();
    },
  };
  held.set(resident, { context, tensor });
  return resident;
}

/** The tensor on this context that a resident stands for, if it does. Throws `device-lost` where its context has gone. */
export function tensorOf(resident: Resident, context: MLContext): MLTensor | undefined {
  const found = held.get(resident);
  if (found && found.context !== context)
    throw new SightlineError('device-lost', `the tensor [${resident.dims.join(', ')}] went with its WebNN context`);
  return found?.tensor;
}

/** Sends a tensor to the device. What is not float32 (indices, booleans) is small and stays in memory. */
export async function upload(device: Device, given: AnyTensor): Promise<Resident> {
  if (given.type !== 'float32' || given.data.length === 0 || given.dims.length === 0) return inMemory(given, name);
  const context = await device.context();
  const { dims, data } = given;
  try {
    const tensor = await context.createTensor({ dataType: 'float32', shape: dims, writable: true, readable: true });
    context.writeTensor(tensor, data);
    return onDevice(dims, context, tensor, device, () => tensor.destroy());
  } catch (cause) {
    throw (
      lost(device, context, cause) ??
      new SightlineError(
        'runtime',
        `WebNN took no tensor [${dims.join(', ')}]: ${(cause as Error).message}`,
        {},
        { cause },
      )
    );
  }
}

/** The error for something that failed because its context has gone; undefined where the context is there. */
export function lost(device: Device, context: MLContext, cause: unknown): SightlineError | undefined {
  // The failure can come before the context's own word that it is lost.
  if (/context is lost/i.test(String((cause as Error).message))) device.forget(context);
  if (device.has(context)) return undefined;
  return new SightlineError('device-lost', 'the WebNN context went away', {}, { cause });
}
