/** The WebNN backend on the browser's own WebNN, through the suite of all backends. */
import { createKernels } from '../../packages/core/src/backend/cpu/kernels.ts';
import { loadRuntime } from '../../packages/core/src/backend/cpu/runtime.ts';
import { exclusive } from '../../packages/core/src/backend/mutex.ts';
import webnn from '../../packages/backend-webnn/src/index.ts';
import { backendSuite, type Runner } from '../suites/backend.ts';

declare const describe: Runner['describe'];
declare const it: Runner['it'];
declare const after: Runner['after'];

const { kernels } = await createKernels();
await backendSuite(
  {
    name: 'webnn',
    open: () => webnn.open({}, { kernels, exclusive, runtime: () => loadRuntime({}, 'accelerated') }),
  },
  { describe, it, after },
);
