import { transfer } from 'comlink';
import { Attribution } from '../engine/attribution.ts';
import type {
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
import { onlyKnown, SightlineError } from '../errors.ts';
import { abortError } from './abort.ts';
import {
  explainerFields,
  type Explainer,
  type ExplainerOptions,
  type InputOptions,
  type JobOptions,
  type PageEvaluation,
} from './explainer.ts';
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
import { workerFactory } from './spawn.ts';

export type { Explainer, ExplainerOptions, InputOptions, JobOptions, PageEvaluation } from './explainer.ts';
export type { ModelSource, PageInput, PluginReference, PluginSource } from './sources.ts';
export type { WorkerFactory, WorkerLike } from './spawn.ts';

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
