import type { Endpoint } from 'comlink';
import type { BackendModule } from '../backend/backend.ts';
import { Engine, type EngineOptions } from '../engine/engine.ts';
import type { Plugin } from '../plugin/types.ts';
import type { CreateEngine } from './api.ts';
import { exposeEngine } from './expose.ts';

export type { CreateEngine, DrivenEngine } from './api.ts';

export interface ServeOptions {
  /** What the page's own engine options are laid over. */
  readonly engine?: EngineOptions;
  /** How the engine is made; a new `Engine` unless given. */
  readonly createEngine?: CreateEngine;
  /** Where the page is; this worker's own scope unless given. */
  readonly endpoint?: Endpoint;
}

/**
 * Turns a module worker into an engine worker: the one line of an app's own worker file.
 *
 *     import { serve } from '@sightline/core/worker';
 *     import rise from '@sightline/method-rise';
 *     serve([rise]);
 *
 * Backends are served the same way, `serve([rise, webgpu])`, and chosen by the page: `createExplainer({ backends: [webgpu()] })`.
 *
 * The page hands the worker over: `createExplainer({ worker: () => new Worker(new URL('./worker.js', import.meta.url), { type: 'module' }) })`.
 * A plugin that is wrong, or whose name is taken, makes `createExplainer` reject with `bad-plugin`.
 */
export function serve(modules: readonly (Plugin | BackendModule)[], options: ServeOptions = {}): void {
  const { createEngine = (engineOptions) => new Engine(engineOptions), endpoint = self as unknown as Endpoint } =
    options;
  exposeEngine((fromPage) => createEngine({ ...options.engine, ...fromPage }), modules, endpoint);
}
