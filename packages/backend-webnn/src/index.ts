import { defineBackend, SightlineError } from '@sightline/core/backend';

export default defineBackend({
  name: 'webnn',
  open() {
    return Promise.reject(new SightlineError('unavailable', 'WebNN is not there yet'));
  },
});
