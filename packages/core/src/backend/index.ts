/** What a backend package stands on. */
export type * from './backend.ts';
export { isResident } from './backend.ts';
export { bytesOf, checkFeeds, runtimeError } from './check.ts';
export { chain, refusalOf } from './chain.ts';
export { defineBackend, type BackendChoice, type DefinedBackend } from './define.ts';
export type { RawKernels } from './cpu/typed-kernels.ts';
export { colourTable, resizeTaps, type ColourMapName, type Kernels, type ResizeMode, type Size } from './kernels.ts';
export { inMemory } from './memory.ts';
export { SightlineError } from '../errors.ts';
