/** Networks and methods on WebNN. */
import { createKernels } from '../../packages/core/src/backend/cpu/kernels.ts';
import { loadRuntime } from '../../packages/core/src/backend/cpu/runtime.ts';
import { exclusive } from '../../packages/core/src/backend/mutex.ts';
import webnn from '../../packages/backend-webnn/src/index.ts';
import { netsSuite, type Runner } from '../suites/backend.ts';

declare const describe: Runner['describe'];
declare const it: Runner['it'];
declare const after: Runner['after'];

const { kernels } = await createKernels();
const open = () => webnn.open({}, { kernels, exclusive, runtime: () => loadRuntime({}, 'accelerated') });
await netsSuite({ name: 'webnn', open }, { describe, it, after });
