/** Every method and metric that the build found: see scripts/rollup/examples.mjs. */
declare module 'virtual:plugins' {
  import type { Plugin } from '@sightline/core/plugin';
  const plugins: readonly Plugin[];
  export default plugins;
}
