/** The WebGPU backend on the browser's own WebGPU, through the suite of all backends. */
import type { AcceleratedOrt } from '../../packages/core/src/backend/backend.ts';
import { createKernels } from '../../packages/core/src/backend/cpu/kernels.ts';
import { loadRuntime } from '../../packages/core/src/backend/cpu/runtime.ts';
import { exclusive } from '../../packages/core/src/backend/mutex.ts';
import webgpu from '../../packages/backend-webgpu/src/index.ts';
import { backendSuite, type Runner } from '../suites/backend.ts';

declare const describe: Runner['describe'];
declare const it: Runner['it'];
declare const after: Runner['after'];

/** The next tensor that a run is given has a dimension too many: a failed run that poisons the session it failed in. */
let broken = false;
async function runtime(): Promise<AcceleratedOrt> {
  const ort = await loadRuntime({}, 'accelerated');
  const { Tensor } = ort;
  const fromGpuBuffer: typeof Tensor.fromGpuBuffer = (buffer, options) => {
    const dims = broken ? [...options.dims, 1] : options.dims;
    broken = false;
    return Tensor.fromGpuBuffer(buffer, { ...options, dims });
  };
  return {
    ...ort,
    Tensor: new Proxy(Tensor, {
      get: (t, name) => (name === 'fromGpuBuffer' ? fromGpuBuffer : Reflect.get(t, name)) as unknown,
    }),
  };
}

const trigonometry = {
  limit: 2 ** -11,
  reason: 'WGSL asks of sin and cos an absolute error of 2⁻¹¹ within ±π and no less',
};

const { kernels } = await createKernels();
await backendSuite(
  {
    name: 'webgpu',
    open: () => webgpu.open({}, { kernels, exclusive, runtime }),
    breakNextRun: () => (broken = true),
    tolerances: { 'Sin {}': trigonometry, 'Cos {}': trigonometry },
  },
  { describe, it, after },
);
