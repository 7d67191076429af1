import { defineBackend, SightlineError } from '@sightline/core/backend';

export default defineBackend({
  name: 'webgpu',
  open() {
    return Promise.reject(new SightlineError('unavailable', 'WebGPU is not there yet'));
  },
});
