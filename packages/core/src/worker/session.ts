import type { LoadOptions, ModelSummary, PluginInfo } from '../engine/types.ts';
import { SightlineError } from '../errors.ts';
import { within } from './abort.ts';
import type { EngineRequest, PluginRequest } from './api.ts';
import { WorkerLink } from './link.ts';
import { tooSlow } from './plugin-loader.ts';
import type { WorkerFactory } from './spawn.ts';

export interface KeptModel {
  readonly blob: Blob;
  readonly options: LoadOptions | undefined;
  /** How long it took to load. */
  readonly milliseconds: number;
}
export interface SessionOptions {
  readonly spawn: WorkerFactory;
  readonly engine: EngineRequest;
  /** Milliseconds that a worker has to start, and a kept model to load again. */
  readonly startTimeout: number;
}

/** What a worker must know, kept on the page, so that a fresh worker can be brought to where the last one was. */
export class Session {
  readonly #options: SessionOptions;
  #link: WorkerLink | undefined;
  #closed: Error | undefined;
  #infos: readonly PluginInfo[] = [];
  /** The plugins that have loaded; one that got stuck was never among them, or is taken out. */
  #plugins: readonly PluginRequest[] = [];
  #model: KeptModel | undefined;
  /** The model that the worker has; `model` is undefined after a load that was given up, which may have come to its end. */
  #inWorker: { readonly link: WorkerLink; readonly model: KeptModel | undefined } | undefined;

  constructor(options: SessionOptions) {
    this.#options = options;
  }

  get infos(): readonly PluginInfo[] {
    return this.#infos;
  }

  /** A worker that has the plugins and the model; the one there is, where it has. Rejects with why there is none. */
  async connect(): Promise<WorkerLink> {
    const link = this.#usable() ?? (await this.#open());
    try {
      await this.#restoreModel(link);
      return link;
    } catch (error) {
      link.kill(terminated());
      throw error;
    }
  }

  /** The worker there is. One that may hold a model which nobody wants, where there is none to load over it, is ended. */
  #usable(): WorkerLink | undefined {
    const link = this.#link;
    const unwanted = this.#inWorker?.link === link && this.#inWorker?.model === undefined && !this.#model;
    if (this.#inWorker && unwanted) link?.kill(terminated());
    return link?.dead ? undefined : link;
  }

  /** Asks for a plugin. Does not keep it: `keepPlugin` does, once somebody has got it. */
  loadPlugin(link: WorkerLink, job: number, request: PluginRequest): Promise<PluginInfo> {
    return link.remote.loadPlugin(job, request);
  }
  keepPlugin(request: PluginRequest, info: PluginInfo): void {
    if (this.#plugins.some(({ url }) => url === request.url)) return;
    this.#plugins = [...this.#plugins, request];
    this.#infos = [...this.#infos, info];
  }

  /** Loads a model. Does not keep it: `keepModel` does, once somebody has got its summary. */
  async loadModel(
    link: WorkerLink,
    job: number,
    kept: Omit<KeptModel, 'milliseconds'>,
    given: AbortSignal,
  ): Promise<[ModelSummary, KeptModel]> {
    const before = this.#inWorker;
    this.#inWorker = { link, model: undefined };
    const start = performance.now();
    try {
      const summary = await link.remote.load(job, kept.blob, kept.options);
      return [summary, { ...kept, milliseconds: performance.now() - start }];
    } catch (error) {
      // What the engine refuses leaves it as it was.
      if (!given.aborted) this.#inWorker = before;
      throw error;
    }
  }
  keepModel(link: WorkerLink, model: KeptModel): void {
    this.#model = model;
    this.#inWorker = { link, model };
  }

  /** Lets the engine give back what it holds, then ends the worker. */
  async dispose(grace: number): Promise<void> {
    const link = this.#link;
    if (!link || link.dead) return;
    const late = (): Error => terminated();
    // It is about to be ended, whatever it answers.
    await within(Promise.race([link.remote.dispose(), link.died]), grace, late).catch(() => {});
  }

  close(error: Error): void {
    this.#closed = error;
    this.#link?.kill(error);
    this.#model = undefined;
    this.#inWorker = undefined;
  }

  async #open(): Promise<WorkerLink> {
    const { spawn, engine, startTimeout } = this.#options;
    const worker = await spawn();
    if (this.#closed) {
      worker.terminate();
      throw this.#closed;
    }
    const link = new WorkerLink(worker);
    this.#link = link;
    const late = (): Error => new SightlineError('timeout', `the engine did not start within ${startTimeout} ms`);
    try {
      await link.ready(startTimeout);
      const own = await within(Promise.race([link.remote.start(engine), link.died]), startTimeout, late);
      this.#infos = [...own, ...(await this.#restorePlugins(link))];
      return link;
    } catch (error) {
      link.kill(terminated());
      throw error;
    }
  }

  async #restorePlugins(link: WorkerLink): Promise<PluginInfo[]> {
    const infos: PluginInfo[] = [];
    for (const request of this.#plugins) {
      const { url, timeout } = request;
      const stuck = (): Error => {
        // It would be stuck in the next worker as well.
        this.#plugins = this.#plugins.filter((other) => other !== request);
        return tooSlow(url, timeout);
      };
      const loading = Promise.race([link.remote.loadPlugin(0, request), link.died]);
      // The worker has its own clock for modules that only wait: it gets to say so first.
      infos.push(await within(loading, timeout + 500, stuck));
    }
    return infos;
  }

  async #restoreModel(link: WorkerLink): Promise<void> {
    const model = this.#model;
    if (!model || (this.#inWorker?.link === link && this.#inWorker.model === model)) return;
    this.#inWorker = { link, model: undefined };
    const limit = Math.max(this.#options.startTimeout, 10 * model.milliseconds);
    const late = (): Error => new SightlineError('timeout', `the model did not load again within ${limit} ms`);
    await within(Promise.race([link.remote.load(0, model.blob, model.options), link.died]), limit, late);
    this.#inWorker = { link, model };
  }
}

const terminated = (): SightlineError => new SightlineError('worker-terminated', 'the worker was ended');
