/** Networks and methods on WebGPU: what a software GPU finishes in time. */
import { createKernels } from '../../packages/core/src/backend/cpu/kernels.ts';
import { loadRuntime } from '../../packages/core/src/backend/cpu/runtime.ts';
import { exclusive } from '../../packages/core/src/backend/mutex.ts';
import webgpu from '../../packages/backend-webgpu/src/index.ts';
import { netsSuite, type Runner } from '../suites/backend.ts';

declare const describe: Runner['describe'];
declare const it: Runner['it'];
declare const after: Runner['after'];

const slow = 'one run of it takes 5 to 10 s on SwiftShader; bring a GPU and take this line away';

const { kernels } = await createKernels();
const open = () => webgpu.open({}, { kernels, exclusive, runtime: () => loadRuntime({}, 'accelerated') });
await netsSuite({ name: 'webgpu', open }, { describe, it, after }, { skips: { resnet18: slow } });
