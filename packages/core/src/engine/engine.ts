import { chain } from '../backend/chain.ts';
import type { RuntimeOptions } from '../backend/cpu/index.ts';
import type { BackendChoice } from '../backend/define.ts';
import { near, SightlineError } from '../errors.ts';
import { readOnnx } from '../graph/onnx/read.ts';
import { bindModel } from '../model/bind.ts';
import { classifierOf } from '../model/classifier.ts';
import { checkPictures, Job, type Placement } from '../model/job.ts';
import { Network, softmaxOf } from '../model/network.ts';
import { preprocess, type Prepared } from '../model/preprocessing.ts';
import { logitsOf, scoreGraph } from '../model/verbs/score.ts';
import { resolveOptions } from '../plugin/options.ts';
import type { Context, Method, Metric, ModelWith, Need, Plugin } from '../plugin/types.ts';
import { validatePlugin } from '../plugin/validate.ts';
import { random } from '../tensor/random.ts';
import { openBackends, type OpenBackends } from './backends.ts';
import { checkExplanation, measurable, presentable } from './maps.ts';
import { nextTurn } from './pause.ts';
import {
  checkEvaluate,
  checkExplain,
  oneClass,
  placed,
  refuseBlackBox,
  resolveTarget,
  uninterrupted,
} from './request.ts';
import type {
  AttributionData,
  EngineVerbs,
  EvaluateRequest,
  Evaluation,
  ExplainRequest,
  Hooks,
  Input,
  LoadOptions,
  ModelSummary,
  PluginInfo,
  Prediction,
} from './types.ts';
import { summarise } from './summary.ts';
import { trusted } from './trust.ts';
import { versions } from './versions.ts';

/** All but the backends is plain data; see worker/api.ts for how those cross. */
export interface EngineOptions {
  readonly runtime?: RuntimeOptions;
  /** Bytes that the CPU's compiled programs may take together. */
  readonly memory?: number;
  /** Tried in this order, program by program; the CPU is always the last. */
  readonly backends?: readonly BackendChoice[];
}

interface Loaded {
  readonly network: Network;
  readonly summary: ModelSummary;
}

/** The engine in this thread: a model, its programs, and the plugins that explain and measure. One job at a time. */
export class Engine implements EngineVerbs {
  readonly #options: EngineOptions;
  readonly #plugins = new Map<string, Plugin>();
  #backends: Promise<OpenBackends> | undefined;
  #loaded: Loaded | undefined;

  constructor(options: EngineOptions = {}) {
    this.#options = options;
  }

  /** Makes a method or metric known. Throws `bad-plugin` where it is not one, or where its name is taken by another. */
  register(plugin: unknown, where = 'the plugin'): PluginInfo {
    const valid = validatePlugin(plugin, where);
    const known = this.#plugins.get(`${valid.kind} ${valid.name}`);
    if (known && known !== valid)
      throw new SightlineError('bad-plugin', `${where}: there is already a ${valid.kind} named '${valid.name}'`, {
        name: valid.name,
      });
    this.#plugins.set(`${valid.kind} ${valid.name}`, valid);
    return infoOf(valid);
  }

  async plugins(): Promise<readonly PluginInfo[]> {
    return [...this.#plugins.values()].map(infoOf);
  }

  async load(model: Uint8Array, options: LoadOptions = {}): Promise<ModelSummary> {
    const file = readOnnx(model, options.externalData);
    const [height, width] = options.preprocessing?.size ?? [];
    const bound = { ...(height && { height }), ...(width && { width }) };
    const open = await this.#openBackends();
    const { backends, unavailable } = await trusted(open, scoreGraph(classifierOf(file, { batch: 1, ...bound })));
    const network = new Network(file, chain(backends, unavailable), bound);
    const summary = await summarise(file, network, model, { ...options, unavailable });
    await this.#loaded?.network.programs.clear();
    this.#loaded = { network, summary };
    return summary;
  }

  /** The loaded network, for what is below methods: benches, exports, tests. */
  get network(): Network {
    return this.#model().network;
  }

  async classify(input: Input, top = 5): Promise<readonly Prediction[]> {
    const { network, summary } = this.#model();
    if (!(Number.isInteger(top) && top >= 1))
      throw new SightlineError('bad-option', `classify() gives the top 1, 2, 3 … classes, not ${top}`);
    const { data } = await logitsOf(uninterrupted(network), this.prepare(input).input);
    const probabilities = softmaxOf(data);
    return [...data.keys()]
      .sort((a, b) => data[b]! - data[a]!)
      .slice(0, top)
      .map((index) => ({
        index,
        label: summary.labels?.[index],
        logit: data[index]!,
        probability: probabilities[index]!,
      }));
  }

  /** The input as the network takes it. Throws `bad-input`. */
  prepare(input: Input): Prepared {
    const { network, summary } = this.#model();
    if (!('dims' in input)) return preprocess(input, summary.preprocessing);
    if (checkPictures(input, network.info) !== 1)
      throw new SightlineError('bad-input', `one picture at a time: the tensor is [${input.dims.join(', ')}]`);
    const [, height, width] = network.info.input;
    return { input, crop: { x: 0, y: 0, width, height } };
  }

  async explain(input: Input, request: ExplainRequest, hooks: Hooks = {}): Promise<AttributionData> {
    const start = performance.now();
    checkExplain(request);
    const { network, summary } = this.#model();
    const method = this.#find('method', request.method);
    const prepared = this.prepare(input);
    const target = await resolveTarget(network, prepared.input, request.target ?? 'top');
    refuseBlackBox(method, summary);
    const options = this.#resolved(method, network, request.options);
    const { result: explanation, placements } = await this.#within(method, network, options, hooks, (model, context) =>
      method.explain(model, prepared.input, target, options, context),
    );
    checkExplanation(explanation, method.name);
    const { kernels } = network.backend;
    const { data } = await logitsOf(uninterrupted(network), prepared.input);
    const read = (values: ArrayLike<number>): number =>
      target.weights.reduce((sum, [index, weight]) => sum + weight * values[index]!, 0);
    return {
      method: method.name,
      title: method.title,
      display: method.display,
      options,
      target,
      class: oneClass(target, summary.labels),
      logit: read(data),
      probability: read(softmaxOf(data)),
      ...explanation,
      ...presentable(explanation.map, method.display, network.info, kernels),
      input: prepared.input,
      ...(!('dims' in input) && { preprocessing: summary.preprocessing }),
      crop: prepared.crop,
      model: summary.digest,
      ...placed(placements, network),
      versions,
      milliseconds: performance.now() - start,
    };
  }

  async evaluate(request: EvaluateRequest, hooks: Hooks = {}): Promise<Evaluation> {
    const start = performance.now();
    checkEvaluate(request);
    const { network, summary } = this.#model();
    if (request.model !== undefined && request.model !== summary.digest)
      throw new SightlineError(
        'bad-input',
        `the attribution is of another model (${request.model}) than the one that is loaded (${summary.digest})`,
      );
    const metric = this.#find('metric', request.metric);
    const { input } = this.prepare(request.input);
    const target = await resolveTarget(network, input, request.target ?? 'top');
    const options = this.#resolved(metric, network, request.options);
    const map = measurable(request.map, network.info, network.backend.kernels);
    const { result, placements } = await this.#within(metric, network, options, hooks, (model, context) =>
      metric.evaluate(model, input, target, map, options, context),
    );
    return {
      metric: metric.name,
      better: metric.better,
      value: result.value,
      details: result.details ?? {},
      options,
      target,
      ...placed(placements, network),
      milliseconds: performance.now() - start,
    };
  }

  async dispose(): Promise<void> {
    await this.#loaded?.network.programs.clear();
    this.#loaded = undefined;
    const open = await this.#backends;
    await Promise.all(open?.backends.map((backend) => backend.dispose()) ?? []);
    this.#backends = undefined;
  }

  #openBackends(): Promise<OpenBackends> {
    const { backends = [], runtime, memory } = this.#options;
    return (this.#backends ??= openBackends(backends, runtime, memory));
  }

  #model(): Loaded {
    if (!this.#loaded) throw new SightlineError('bad-model', 'no model is loaded: call load() first');
    return this.#loaded;
  }

  #find(kind: 'method', name: string): Method;
  #find(kind: 'metric', name: string): Metric;
  #find(kind: Plugin['kind'], name: string): Plugin {
    const plugin = this.#plugins.get(`${kind} ${name}`);
    if (plugin) return plugin;
    const known = [...this.#plugins.values()].filter((p) => p.kind === kind).map((p) => p.name);
    throw new SightlineError(
      'unknown-plugin',
      `there is no ${kind} '${name}'; ${known.length === 0 ? 'none is registered' : `near names: ${near(name, known).join(', ')}`}`,
      { kind, name, known },
    );
  }

  /** Options checked, and layers that are 'auto' named. */
  #resolved(plugin: Plugin, network: Network, given: ExplainRequest['options']): Record<string, never> {
    const resolved = { ...resolveOptions(plugin.name, plugin.options, given) } as Record<string, unknown>;
    for (const [name, schema] of Object.entries(plugin.options)) {
      if (schema.kind !== 'layer') continue;
      const names = resolved[name] as string | readonly string[];
      resolved[name] = typeof names === 'string' ? network.layer(names) : names.map((one) => network.layer(one));
    }
    return resolved as Record<string, never>;
  }

  /** Runs a plugin with just the members of the model that it asked for, stoppable between two runs of the network. */
  async #within<T>(
    plugin: Plugin,
    network: Network,
    options: Record<string, unknown>,
    { signal, onProgress }: Hooks,
    run: (model: ModelWith<Need>, context: Context) => Promise<T>,
  ): Promise<{ readonly result: T; readonly placements: readonly Placement[] }> {
    const never = signal ?? new AbortController().signal;
    const pause = async (): Promise<void> => {
      await nextTurn();
      never.throwIfAborted();
    };
    never.throwIfAborted();
    const attempt = async (): Promise<{ result: T; placements: readonly Placement[] }> => {
      const job = new Job(network, pause);
      const whole = bindModel(job);
      const members = ['info' as const, ...plugin.needs].map((need) => [need, whole[need]] as const);
      const model = Object.fromEntries(members) as unknown as ModelWith<Need>;
      // Chance starts afresh, so that a second attempt draws what the first one drew.
      const result = await run(model, { ...context, random: random(seed) });
      return { result, placements: job.placements };
    };
    const seed = typeof options['seed'] === 'number' ? options['seed'] : 0;
    const context = {
      signal: never,
      progress: (fraction: number, what = plugin.name) =>
        onProgress?.({ fraction: Math.min(1, Math.max(0, fraction)), what }),
      kernels: network.backend.kernels,
    };
    const done = await attempt().catch(async (error: unknown) => {
      // A device that went away took its programs with it: one more try with new ones, on whatever is there by then.
      if (!(error instanceof SightlineError) || error.code !== 'device-lost') throw error;
      await network.programs.clear();
      return attempt();
    });
    never.throwIfAborted();
    onProgress?.({ fraction: 1, what: plugin.name });
    return done;
  }
}

const infoOf = (plugin: Plugin): PluginInfo => ({
  kind: plugin.kind,
  name: plugin.name,
  title: plugin.title,
  paper: plugin.paper,
  needs: plugin.needs,
  options: plugin.options,
  ...(plugin.kind === 'method'
    ? { claims: plugin.claims, display: plugin.display }
    : { claims: [], better: plugin.better }),
});
