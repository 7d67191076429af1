import { fromText } from './from-text.ts';
import type { WorkerFactory } from './spawn.ts';

/** The build puts the text of dist/engine-worker.js here. */
declare const ENGINE_WORKER: string;

/**
 * The worker that ships with core, as text inside this module: for bundlers that leave a worker's file behind (esbuild, Rollup
 * without plugins), and for a single file. It needs a policy that allows `blob:`, and `engine.runtime.url`, since a Blob has no
 * bundler to find onnxruntime-web for it.
 */
export const inlineWorker: WorkerFactory = () => fromText(ENGINE_WORKER);
