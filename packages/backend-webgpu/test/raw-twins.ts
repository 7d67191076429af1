import type { KernelArray, Parameter } from '../../core/kernels/kernel.ts';
import { signatures } from '../../core/src/backend/cpu/kernels.generated.ts';
import type { RawKernels } from '../../core/src/backend/cpu/typed-kernels.ts';
import type { Gpu } from '../src/device/gpu.ts';
import { fetched, storage, write } from '../src/device/transfer.ts';
import { run, twins, type Steps } from '../src/kernels/index.ts';

type Asynchronous<F> = F extends (...parameters: infer P) => void ? (...parameters: P) => Promise<void> : never;
export type AsyncKernels = { readonly [K in keyof RawKernels]: Asynchronous<RawKernels[K]> };

/** The WGSL twins on arrays: everything goes to the GPU, rubbish in results too, and what the signature says was written comes back. */
export function rawTwins(gpu: Gpu): AsyncKernels {
  const kernels = Object.entries(signatures).map(([name, signature]) => [
    name,
    (...parameters: (KernelArray | number)[]) => call(gpu, name as keyof RawKernels, signature, parameters),
  ]);
  return Object.fromEntries(kernels) as AsyncKernels;
}

async function call(
  gpu: Gpu,
  name: keyof RawKernels,
  signature: readonly Parameter[],
  parameters: readonly (KernelArray | number)[],
): Promise<void> {
  const taken: GPUBuffer[] = [];
  const since = gpu.faults.length;
  try {
    const places = parameters.map((parameter) => {
      if (typeof parameter === 'number') return parameter;
      // Longer than the array, as onnxruntime-web's buffers are, and full of rubbish: a kernel that trusts its length is found out.
      const buffer = gpu.pool.take(parameter.byteLength + 64, storage(), name);
      write(gpu, buffer, new Uint8Array(buffer.size).fill(0x5a));
      write(gpu, buffer, parameter);
      taken.push(buffer);
      return buffer;
    });
    const twin = twins[name] as (steps: Steps, ...places: (GPUBuffer | number)[]) => void;
    run(gpu, (steps) => twin(steps, ...places));
    const written = parameters.flatMap((parameter, i) =>
      typeof parameter !== 'number' && /^(in|out|inout) /.test(signature[i]!) ? [{ parameter, i }] : [],
    );
    const stretches = written.map(({ parameter, i }) => ({
      buffer: places[i] as GPUBuffer,
      bytes: parameter.byteLength,
    }));
    const copies = await fetched(gpu, stretches, since);
    written.forEach(({ parameter }, i) => {
      new Uint8Array(parameter.buffer, parameter.byteOffset, parameter.byteLength).set(new Uint8Array(copies[i]!));
    });
  } finally {
    for (const buffer of taken) gpu.pool.give(buffer);
  }
}
