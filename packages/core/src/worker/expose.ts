import { expose, transfer, type Endpoint } from 'comlink';
import type {
  AttributionData,
  EvaluateRequest,
  Evaluation,
  ExplainRequest,
  Hooks,
  Input,
  LoadOptions,
  ModelSummary,
  PluginInfo,
  Prediction,
} from '../engine/types.ts';
import type { BackendModule } from '../backend/backend.ts';
import type { BackendChoice } from '../backend/define.ts';
import { SightlineError } from '../errors.ts';
import type { Plugin } from '../plugin/types.ts';
import { validatePlugin } from '../plugin/validate.ts';
import {
  sideMessage,
  type BackendRequest,
  type CreateEngine,
  type DrivenEngine,
  type EngineRequest,
  type PluginRequest,
  type SideMessage,
  type WorkerApi,
} from './api.ts';
import { orAborted } from './abort.ts';
import { importBackend, importPlugin, isBackend } from './plugin-loader.ts';
import { throttle } from './throttle.ts';
import { packAttribution } from './transferables.ts';
import { carryWholeErrors } from './wire-errors.ts';

/** Puts an engine behind an endpoint: the worker's half. It is made when the page says with which options. */
export function exposeEngine(createEngine: CreateEngine, modules: readonly Served[], endpoint: Endpoint): void {
  carryWholeErrors();
  const post = (message: SideMessage): void => endpoint.postMessage(message);
  const side = new WorkerSide(createEngine, modules, post);
  endpoint.addEventListener('message', (event) => {
    const message = sideMessage((event as MessageEvent<unknown>).data);
    if (message?.sightline === 'hello') post({ sightline: 'ready' });
    if (message?.sightline === 'cancel') side.cancel(message.job);
  });
  expose(side, endpoint);
  post({ sightline: 'ready' });
  holdLock(post);
}

/** A lock is let go when its worker ends, however it ends: the only way a page can learn of a worker that ran out of memory. */
function holdLock(post: (message: SideMessage) => void): void {
  if (typeof document !== 'undefined' || typeof navigator === 'undefined' || !('locks' in navigator)) return;
  const lock = `sightline-worker-${crypto.randomUUID()}`;
  const held = navigator.locks.request(lock, () => {
    post({ sightline: 'lock', lock });
    return new Promise<never>(() => {});
  });
  // Without permission to lock (an opaque origin), its page hears of the worker's end by its error event alone.
  held.catch(() => {});
}

/** What a worker is built with. */
export type Served = Plugin | BackendModule;

/** A backend that the page asked for: the one served under its name, or the module that came along. Throws `bad-plugin`. */
async function chosen(
  { name, options, url }: BackendRequest,
  served: readonly BackendModule[],
): Promise<BackendChoice> {
  const known = served.find((module) => module.name === name);
  if (!known && url === undefined) {
    const ways = `serve([…, ${name}]) in the worker's own file, or use the built package, which carries its module along`;
    throw new SightlineError('bad-plugin', `the worker has no backend '${name}': ${ways}`, { name });
  }
  const { kind, open } = known ?? (await importBackend(url!));
  return { kind, name, open, options };
}

class WorkerSide implements WorkerApi {
  readonly #createEngine: CreateEngine;
  readonly #modules: readonly Served[];
  readonly #post: (message: SideMessage) => void;
  readonly #jobs = new Map<number, AbortController>();
  readonly #loaded = new Map<string, PluginInfo>();
  #engine: DrivenEngine | undefined;
  #started = false;

  constructor(createEngine: CreateEngine, modules: readonly Served[], post: (message: SideMessage) => void) {
    this.#createEngine = createEngine;
    this.#modules = modules;
    this.#post = post;
  }

  async start(options: EngineRequest): Promise<readonly PluginInfo[]> {
    if (this.#started)
      throw new SightlineError('runtime', 'this worker serves a page already: make a worker for each explainer');
    this.#started = true;
    const served = this.#modules.filter(isBackend);
    const backends = await Promise.all((options.backends ?? []).map((request) => chosen(request, served)));
    const engine = await this.#createEngine({ ...options, backends });
    for (const [i, plugin] of this.#modules.entries()) {
      if (isBackend(plugin)) continue;
      const where = `plugin ${i} of serve()`;
      engine.register(validatePlugin(plugin, where), where);
    }
    this.#engine = engine;
    return engine.plugins();
  }

  loadPlugin(job: number, { url, name, timeout }: PluginRequest): Promise<PluginInfo> {
    return this.#run(job, false, async (engine, { signal }) => {
      const known = this.#loaded.get(url);
      if (known) return known;
      // Whoever gives up does not wait for a module that waits.
      const plugin = await orAborted(importPlugin(url, { timeout, name }), signal);
      const info = engine.register(plugin, `the plugin ${url}`);
      this.#loaded.set(url, info);
      return info;
    });
  }

  load(job: number, model: Blob, options: LoadOptions | undefined): Promise<ModelSummary> {
    return this.#run(job, false, async (engine, { signal }) => {
      const bytes = new Uint8Array(await model.arrayBuffer());
      signal?.throwIfAborted();
      return engine.load(bytes, options);
    });
  }

  classify(job: number, input: Input, top: number | undefined): Promise<readonly Prediction[]> {
    return this.#run(job, false, (engine) => engine.classify(input, top));
  }

  explain(job: number, input: Input, request: ExplainRequest, wantsProgress: boolean): Promise<AttributionData> {
    return this.#run(job, wantsProgress, async (engine, hooks) => {
      const { value, transfer: buffers } = packAttribution(await engine.explain(input, request, hooks));
      return transfer(value, buffers);
    });
  }

  evaluate(job: number, request: EvaluateRequest, wantsProgress: boolean): Promise<Evaluation> {
    return this.#run(job, wantsProgress, (engine, hooks) => engine.evaluate(request, hooks));
  }

  async dispose(): Promise<void> {
    await this.#engine?.dispose();
  }

  // The methods below are not the page's: comlink hands out what has a name, and a page never asks for them.

  cancel(job: number): void {
    this.#jobs.get(job)?.abort();
  }

  /** Runs one call with a signal and a throttled progress of its own; all progress is out before its result. */
  async #run<T>(
    job: number,
    wantsProgress: boolean,
    call: (engine: DrivenEngine, hooks: Hooks) => Promise<T>,
  ): Promise<T> {
    if (!this.#engine) throw new SightlineError('runtime', 'the worker has no engine: start() comes first');
    const controller = new AbortController();
    this.#jobs.set(job, controller);
    const progress = throttle((value) => this.#post({ sightline: 'progress', job, progress: value }));
    const hooks = { signal: controller.signal, ...(wantsProgress ? { onProgress: progress.report } : {}) };
    try {
      const result = await call(this.#engine, hooks);
      controller.signal.throwIfAborted();
      return result;
    } finally {
      progress.finish();
      this.#jobs.delete(job);
    }
  }
}
