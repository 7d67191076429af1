/** The WebNN backend on the browser's own WebNN, through the suite of all backends. */
import { createKernels } from '../../packages/core/src/backend/cpu/kernels.ts';
import { loadRuntime } from '../../packages/core/src/backend/cpu/runtime.ts';
import type { AcceleratedOrt } from '../../packages/core/src/backend/backend.ts';
import { exclusive } from '../../packages/core/src/backend/mutex.ts';
import webnn from '../../packages/backend-webnn/src/index.ts';
import { backendSuite, type Runner } from '../suites/backend.ts';

declare const describe: Runner['describe'];
declare const it: Runner['it'];
declare const after: Runner['after'];

/** The next tensor that a run is given has a dimension too many: a failed run that poisons the session it failed in. */
let broken = false;
async function runtime(): Promise<AcceleratedOrt> {
  const ort = await loadRuntime({}, 'accelerated');
  const construct = (target: typeof ort.Tensor, given: unknown[]): object => {
    const [type, data, dims] = given as ['float32', Float32Array, number[]];
    const wrong = broken;
    broken = false;
    return new target(type, data, wrong ? [...dims, 1] : dims);
  };
  return { ...ort, Tensor: new Proxy(ort.Tensor, { construct }) };
}

const { kernels } = await createKernels();
await backendSuite(
  {
    name: 'webnn',
    open: () => webnn.open({}, { kernels, exclusive, runtime }),
    draws: 150,
    breakNextRun: () => (broken = true),
  },
  { describe, it, after },
);
