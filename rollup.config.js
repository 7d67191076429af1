/**
 * One build for every package and example. Nothing here names a package: packages, their entries and their plugins are
 * found by looking, so that adding a folder is all there is to adding a plugin.
 */
import { packageConfigs } from './scripts/rollup/packages.mjs';
import { exampleConfigs } from './scripts/rollup/examples.mjs';

// Examples come last: they bundle what the packages' builds have just written, as a user's bundler would.
export default () => [...packageConfigs(), ...exampleConfigs()];
