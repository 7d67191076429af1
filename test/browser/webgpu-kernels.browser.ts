/** The WGSL twins against the references: the shared cases, all of them, on the browser's own WebGPU. */
import { rawTwins } from '../../packages/backend-webgpu/test/raw-twins.ts';
import { newCounters } from '../../packages/backend-webgpu/src/device/counters.ts';
import { DeviceSource } from '../../packages/backend-webgpu/src/device/source.ts';
import type { Framework } from '../suites/harness.ts';
import { kernelSuite } from '../suites/kernel.ts';

declare const describe: Framework['describe'];
declare const it: Framework['it'];

const source = new DeviceSource({}, newCounters());
kernelSuite({ describe, it }, 'WGSL', rawTwins(await source.current()));
