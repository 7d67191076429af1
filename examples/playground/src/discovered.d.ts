/** Every method and metric, and every backend, that the build found: see scripts/rollup/examples.mjs. */
declare module 'virtual:plugins' {
  import type { Plugin } from '@sightline/core/plugin';
  const plugins: readonly Plugin[];
  export default plugins;
}
declare module 'virtual:backends' {
  import type { DefinedBackend } from '@sightline/core';
  const backends: readonly DefinedBackend<object>[];
  export default backends;
}
