import { inMemory, type Resident } from '@sightline/core/backend';
import type { AnyTensor } from '@sightline/core/tensor';
import { backendName } from './device/gpu-tensor.ts';

/** What cannot lie on the GPU (its type, its unknown shape, no device) waits in memory and is sent with each run. */
export const residentInMemory = (tensor: AnyTensor): Resident => inMemory(tensor, backendName);
