import { transfer } from 'comlink';
import type { BackendChoice } from '../backend/define.ts';
import { Attribution } from '../engine/attribution.ts';
import type { EngineOptions } from '../engine/engine.ts';
import type {
  EngineVerbs,
  EvaluateRequest,
  Evaluation,
  ExplainRequest,
  Hooks,
  LoadOptions,
  ModelSummary,
  PluginInfo,
  Prediction,
} from '../engine/types.ts';
import { checkEvaluate, checkExplain } from '../engine/request.ts';
import { fieldsOf, onlyKnown, SightlineError } from '../errors.ts';
import { abortError } from './abort.ts';
import type { WorkerLink } from './link.ts';
import { defaultPluginTimeout, tooSlow } from './plugin-loader.ts';
import { listen } from './progress.ts';
import { JobQueue } from './queue.ts';
import { Session, type KeptModel } from './session.ts';
import { parted, requestFor, type MetricChoice, type WithHooks } from './requests.ts';
import {
  backendRequest,
  inputBuffers,
  modelBlob,
  pluginRequest,
  snapshot,
  snapshotInput,
  withAbsoluteUrls,
  type ModelSource,
  type PageInput,
  type PluginSource,
} from './sources.ts';
import { workerFactory, type WorkerFactory } from './spawn.ts';

export type { ModelSource, PageInput, PluginReference, PluginSource } from './sources.ts';
export type { WorkerFactory, WorkerLike } from './spawn.ts';

export interface ExplainerOptions {
  /** Loaded before the promise resolves; `load` can come later instead. */
  readonly model?: ModelSource;
  /** How pictures become the model's input, class names, weights in separate files. */
  readonly loadOptions?: LoadOptions;
  /** Plugin packages' default exports, or URLs of self-contained modules (the page's, if relative): the worker imports them in this order. */
  readonly plugins?: readonly PluginSource[];
  /** Makes a worker that calls `serve`; called again when a worker has ended. */
  readonly worker?: WorkerFactory;
  /** The same, as a module worker's file; of another origin too, where that sends CORS headers. */
  readonly workerUrl?: string | URL;
  /** Tried in this order for every program of a job; the CPU is always the last. The attribution says which one ran, and why. */
  readonly backends?: readonly BackendChoice[];
  /** Where onnxruntime-web is, its threads, and the memory that compiled programs may take. */
  readonly engine?: Omit<EngineOptions, 'backends'>;
  /** Milliseconds that a job may run (not: wait). No limit unless given. */
  readonly jobTimeout?: number;
  /** Milliseconds that a worker has to give up a job, before it is ended: 2000 unless given. */
  readonly grace?: number;
  /** Milliseconds that a plugin's module may take to load: 10 000 unless given. */
  readonly pluginTimeout?: number;
  /** Milliseconds that a worker may take to start: 60 000 unless given. */
  readonly startTimeout?: number;
  /** Gives up: `createExplainer` rejects with AbortError and leaves no worker behind. */
  readonly signal?: AbortSignal;
}

export interface JobOptions {
  readonly signal?: AbortSignal;
  /** Milliseconds that this job may run, in place of `jobTimeout`. */
  readonly timeout?: number;
}
export interface InputOptions extends JobOptions {
  /** Moves the input's buffer instead of copying it: the caller's array is empty afterwards. */
  readonly move?: boolean;
}

/** A request of `evaluate`, with whatever the page has for a picture. */
export type PageEvaluation = Omit<EvaluateRequest, 'input'> & { readonly input: PageInput };

/**
 * The engine in a worker. Jobs run one at a time, in the order in which they were asked for; inputs are copied when a method
 * is called. Besides the engine's own errors, each job can reject with an AbortError, `timeout` or `worker-terminated`.
 */
export interface Explainer extends EngineVerbs {
  /** What there is by now; waits for nothing. */
  plugins(): Promise<readonly PluginInfo[]>;
  /** Where this fails or is given up, the model before stays the current one. Throws `bad-model`, `unsupported`. */
  load(model: ModelSource, options?: LoadOptions, job?: JobOptions): Promise<ModelSummary>;
  /** Imports a module into the worker. Throws `bad-plugin` that says what would be right. */
  loadPlugin(plugin: PluginSource, job?: JobOptions): Promise<PluginInfo>;
  /** The likeliest `top` classes (5), the likeliest first. */
  classify(input: PageInput, top?: number, job?: InputOptions): Promise<readonly Prediction[]>;
  /** `signal` and `onProgress` may stand in the request or in `job`. */
  explain(input: PageInput, request: WithHooks<ExplainRequest>, job?: InputOptions & Hooks): Promise<Attribution>;
  evaluate(request: PageEvaluation, job?: JobOptions & Hooks): Promise<Evaluation>;
  /** Measures an attribution on its own input, map and target. */
  evaluate(attribution: Attribution, metric: MetricChoice, job?: JobOptions & Hooks): Promise<Evaluation>;
  /** After the jobs that wait: frees what the engine holds and ends the worker. */
  dispose(): Promise<void>;
  /** At once: every job rejects with `worker-terminated`, and every later one. */
  terminate(): void;
}

/**
 * Starts an engine worker and loads what is given. Throws what starting, `loadPlugin` or `load` throw; no worker is left then.
 */
export async function createExplainer(options: ExplainerOptions = {}): Promise<Explainer> {
  if (options.signal?.aborted) throw abortError(options.signal);
  onlyKnown('the options of createExplainer()', options, explainerFields);
  for (const list of ['plugins', 'backends'] as const) {
    if (options[list] !== undefined && !Array.isArray(options[list]))
      throw new SightlineError('bad-option', `createExplainer(): ${list} is a list, [ … ]`);
  }
  const explainer = new WorkerExplainer(options);
  const job = options.signal ? { signal: options.signal } : {};
  try {
    await explainer.start(job);
    for (const plugin of options.plugins ?? []) await explainer.loadPlugin(plugin, job);
    if (options.model !== undefined) await explainer.load(options.model, options.loadOptions, job);
    return explainer;
  } catch (error) {
    explainer.terminate();
    throw error;
  }
}

const explainerFields = fieldsOf<ExplainerOptions>({
  ...{ model: true, loadOptions: true, plugins: true, backends: true, worker: true, workerUrl: true, engine: true },
  ...{ jobTimeout: true, grace: true, pluginTimeout: true, startTimeout: true, signal: true },
});

class WorkerExplainer implements Explainer {
  readonly #session: Session;
  readonly #queue: JobQueue<WorkerLink>;
  readonly #pluginTimeout: number;
  readonly #grace: number;

  constructor(options: ExplainerOptions) {
    const {
      grace = 2000,
      startTimeout = 60_000,
      pluginTimeout = defaultPluginTimeout,
      jobTimeout,
      engine = {},
      backends = [],
    } = options;
    this.#grace = grace;
    this.#pluginTimeout = pluginTimeout;
    this.#session = new Session({
      spawn: workerFactory(options.worker, options.workerUrl),
      engine: withAbsoluteUrls({ ...engine, backends: backends.map(backendRequest) }),
      startTimeout,
    });
    const session = this.#session;
    this.#queue = new JobQueue({ connect: () => session.connect(), grace, timeout: jobTimeout, attempts: 3 });
  }

  /** The first worker: what is wrong with it is told at once, without another try. */
  async start({ signal }: JobOptions): Promise<void> {
    const stop = (): void => this.terminate();
    signal?.addEventListener('abort', stop);
    try {
      await this.#session.connect();
    } catch (error) {
      throw signal?.aborted ? abortError(signal) : error;
    } finally {
      signal?.removeEventListener('abort', stop);
    }
  }

  async plugins(): Promise<readonly PluginInfo[]> {
    return this.#session.infos;
  }

  async load(model: ModelSource, options?: LoadOptions, { signal, timeout }: JobOptions = {}): Promise<ModelSummary> {
    const kept = options && snapshot(options, 'the options of load()');
    const giveUp = new AbortController();
    // Fetched while the jobs before it run.
    const blob = modelBlob(model, giveUp.signal);
    blob.catch(() => {});
    let loaded: { readonly link: WorkerLink; readonly model: KeptModel } | undefined;
    const done = this.#queue.add({
      verb: 'load',
      signal,
      timeout,
      run: async (link, id, given) => {
        given.addEventListener('abort', () => giveUp.abort(given.reason));
        const bytes = await blob;
        given.throwIfAborted();
        const [summary, keep] = await this.#session.loadModel(link, id, { blob: bytes, options: kept }, given);
        loaded = { link, model: keep };
        return summary;
      },
      commit: () => loaded && this.#session.keepModel(loaded.link, loaded.model),
    });
    // A job that never ran, or was cut short, must not go on downloading.
    done.catch((error: unknown) => giveUp.abort(error));
    return done;
  }

  async loadPlugin(
    plugin: PluginSource,
    { signal, timeout = this.#pluginTimeout }: JobOptions = {},
  ): Promise<PluginInfo> {
    const request = pluginRequest(plugin, timeout);
    return this.#queue.add({
      verb: `loading the plugin ${request.url}`,
      signal,
      timeout,
      late: (milliseconds) => tooSlow(request.url, milliseconds),
      run: (link, id) => this.#session.loadPlugin(link, id, request),
      commit: (info) => this.#session.keepPlugin(request, info),
    });
  }

  async classify(
    input: PageInput,
    top?: number,
    { signal, timeout, move }: InputOptions = {},
  ): Promise<readonly Prediction[]> {
    const own = snapshotInput(input, move);
    const run = (link: WorkerLink, id: number): Promise<readonly Prediction[]> =>
      link.remote.classify(id, transfer(own, inputBuffers(own)), top);
    return this.#queue.add({ verb: 'classify', signal, timeout, run });
  }

  async explain(
    input: PageInput,
    given: WithHooks<ExplainRequest>,
    hooks: InputOptions & Hooks = {},
  ): Promise<Attribution> {
    const { request, job } = parted(given, hooks);
    checkExplain(request);
    const { signal, timeout, move, onProgress } = job;
    const own = snapshotInput(input, move);
    const asked = snapshot(request, 'the request of explain()');
    const data = await this.#queue.add({
      verb: `explain with ${request.method}`,
      signal,
      timeout,
      run: (link, id, given) =>
        listen(link, id, given, onProgress, () =>
          link.remote.explain(id, transfer(own, inputBuffers(own)), asked, onProgress !== undefined),
        ),
    });
    return new Attribution(data);
  }

  async evaluate(
    what: PageEvaluation | Attribution,
    second: MetricChoice | (JobOptions & Hooks) = {},
    third: JobOptions & Hooks = {},
  ): Promise<Evaluation> {
    const chosen = typeof second === 'string' || 'metric' in second;
    const request = chosen ? requestFor(what as Attribution, second) : (what as PageEvaluation);
    checkEvaluate(request as EvaluateRequest);
    const { signal, timeout, onProgress } = chosen ? third : second;
    const { input, ...rest } = request;
    const asked = { ...snapshot(rest, 'the request of evaluate()'), input: snapshotInput(input) };
    return this.#queue.add({
      verb: `evaluate with ${request.metric}`,
      signal,
      timeout,
      run: (link, id, given) =>
        listen(link, id, given, onProgress, () => link.remote.evaluate(id, asked, onProgress !== undefined)),
    });
  }

  async dispose(): Promise<void> {
    const run = (): Promise<void> => this.#session.dispose(this.#grace);
    // An explainer that has ended already is what was wanted.
    await this.#queue.add({ verb: 'dispose', timeout: 2 * this.#grace, run }).catch(() => {});
    this.terminate();
  }

  terminate(): void {
    const error = new SightlineError('worker-terminated', 'the explainer was terminated');
    this.#queue.close(error);
    this.#session.close(error);
  }
}
