import { SightlineError, type BackendLimits } from '@sightline/core/backend';
import { outputsOf, topological, type Graph } from '@sightline/core/graph';
import { size } from '@sightline/core/tensor';
import type { Gpu } from './device/gpu.ts';

const mebibytes = 2 ** 20;

/**
 * No page is told how much memory a GPU has. The largest buffer that it allows is the only hint: phones say 256 MiB, desktops 2 GiB
 * and more. Twice that for programs, and at most one binding's worth for a batch, so that no tensor of it outgrows a binding.
 */
export function limitsOf({ device }: Gpu, memory?: number): BackendLimits {
  const { maxBufferSize, maxStorageBufferBindingSize } = device.limits;
  const total = memory ?? Math.min(Math.max(2 * maxBufferSize, 512 * mebibytes), 2048 * mebibytes);
  // A GPU wants work at once, which a CPU does not; past this many pictures progress and cancelling grow coarse.
  return { memory: total, batch: { bytes: Math.min(total / 2, maxStorageBufferBindingSize), items: 64 } };
}

/** Throws `unsupported` with the tensor's name where one of them is larger than what a shader of this device can bind. */
export function checkSizes(graph: Graph, { device }: Gpu): void {
  const limit = device.limits.maxStorageBufferBindingSize;
  for (const { type, dims, name, node } of topological(outputsOf(graph))) {
    const bytes = size(dims ?? []) * (type === 'int64' ? 8 : 4);
    if (bytes <= limit) continue;
    const what = name ?? (node ? `an output of ${node.op}` : 'a constant');
    throw new SightlineError(
      'unsupported',
      `'${what}' [${dims!.join(', ')}] takes ${bytes} bytes; this GPU binds ${limit} at most: a smaller batch may fit`,
      { bytes, limit },
    );
  }
}
