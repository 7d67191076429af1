import type { Gpu } from '../device/gpu.ts';
import { storage } from '../device/transfer.ts';
import type { Step, Steps } from './twin.ts';

/** Invocations of a workgroup, in every kernel: the most that each device has. */
export const groupSize = 256;

/**
 * For kernels of one invocation an element: `element(id, groups)` is which one, laid out in a plane because a dispatch has at most 65,535
 * workgroups along an axis. Sizes come as uniforms: onnxruntime-web's buffers are larger than their tensors.
 */
export const prelude = /* wgsl */ `
fn element(id: vec3u, groups: vec3u) -> u32 { return id.x + id.y * groups.x * ${groupSize}u; }
`;

/** Runs what `describe` adds, in one submission. Results are there for whatever is submitted later: nothing waits. */
export function run(gpu: Gpu, describe: (steps: Steps) => void): void {
  if (gpu.gone) throw gpu.gone;
  const taken: GPUBuffer[] = [];
  const take = (bytes: number, usage: GPUBufferUsageFlags, label: string): GPUBuffer => {
    const buffer = gpu.pool.take(bytes, usage, label);
    taken.push(buffer);
    return buffer;
  };
  try {
    const encoder = gpu.device.createCommandEncoder({ label: 'sightline kernels' });
    const pass = encoder.beginComputePass();
    describe({
      scratch: (bytes) => take(bytes, storage(), 'sightline scratch'),
      add(step) {
        const [x, y] = groupsOf(step, gpu.device.limits.maxComputeWorkgroupsPerDimension);
        if (x === 0) return;
        const uniforms = take(
          4 * step.sizes.length,
          GPUBufferUsage.UNIFORM | GPUBufferUsage.COPY_DST,
          'sightline sizes',
        );
        gpu.device.queue.writeBuffer(uniforms, 0, packed(step));
        const pipeline = pipelineOf(gpu, step);
        pass.setPipeline(pipeline);
        pass.setBindGroup(
          0,
          gpu.device.createBindGroup({
            layout: pipeline.getBindGroupLayout(0),
            entries: [uniforms, ...step.buffers].map((buffer, binding) => ({ binding, resource: { buffer } })),
          }),
        );
        pass.dispatchWorkgroups(x, y);
        gpu.counters.dispatches++;
      },
    });
    pass.end();
    gpu.device.queue.submit([encoder.finish()]);
  } finally {
    for (const buffer of taken) gpu.pool.give(buffer);
  }
}

function groupsOf({ threads, groups }: Step, most: number): [x: number, y: number] {
  const count = groups ?? Math.ceil((threads ?? 0) / groupSize);
  const x = Math.min(count, most);
  return [x, x === 0 ? 0 : Math.ceil(count / x)];
}

function packed({ sizes }: Step): ArrayBuffer {
  const view = new DataView(new ArrayBuffer(4 * sizes.length));
  sizes.forEach((size, i) => {
    if (typeof size === 'number') view.setInt32(4 * i, size, true);
    else view.setFloat32(4 * i, size.f32, true);
  });
  return view.buffer;
}

function pipelineOf(gpu: Gpu, { code, entry = 'main' }: Step): GPUComputePipeline {
  const key = `${entry}\n${code}`;
  let pipeline = gpu.pipelines.get(key);
  if (!pipeline) {
    const module = gpu.device.createShaderModule({ code: prelude + code });
    pipeline = gpu.device.createComputePipeline({ layout: 'auto', compute: { module, entryPoint: entry } });
    gpu.pipelines.set(key, pipeline);
  }
  return pipeline;
}
