/// <reference types="@webgpu/types" preserve="true" />
import { defineBackend, SightlineError } from '@sightline/core/backend';
import { open } from './backend.ts';
import { findAdapter } from './device/source.ts';
import { checkOptions, type WebGpuOptions } from './options.ts';

export { isWebGpuBackend, type WebGpuBackend } from './backend.ts';
export type { Counters } from './device/counters.ts';
export type { WebGpuOptions } from './options.ts';
export { paint, type Canvas, type PaintOptions, type Pixels } from './painter/paint.ts';

export default defineBackend<WebGpuOptions>({
  name: 'webgpu',
  title: 'WebGPU',
  async probe(given) {
    const options = checkOptions({ ...given });
    try {
      if (!options.device) await findAdapter(options);
      return undefined;
    } catch (error) {
      if (error instanceof SightlineError) return error.message;
      throw error;
    }
  },
  open: (options, host) => open({ ...options }, host),
});
