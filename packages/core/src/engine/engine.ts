import { cpu, type RuntimeOptions } from '../backend/cpu/index.ts';
import type { Backend } from '../backend/backend.ts';
import { near, SightlineError } from '../errors.ts';
import { readOnnx } from '../graph/onnx/read.ts';
import { bindModel, checkPictures } from '../model/bind.ts';
import { Network, softmaxOf } from '../model/network.ts';
import { preprocess, type Prepared } from '../model/preprocessing.ts';
import { scoreGraph } from '../model/programs.ts';
import { classTarget, weightsOf, type Target } from '../model/target.ts';
import { resolveOptions } from '../plugin/options.ts';
import type { Context, Method, Metric, ModelWith, Need, Plugin } from '../plugin/types.ts';
import { validatePlugin } from '../plugin/validate.ts';
import { random } from '../tensor/random.ts';
import type { Tensor } from '../tensor/tensor.ts';
import { atInputSize, checkFinite, presentable } from './maps.ts';
import { nextTurn } from './pause.ts';
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
import { versions } from './versions.ts';

/** Plain data, so that it can be sent to a worker. */
export interface EngineOptions {
  readonly runtime?: RuntimeOptions;
  /** Bytes that compiled programs may take together. */
  readonly memory?: number;
}

interface Loaded {
  readonly network: Network;
  readonly summary: ModelSummary;
}

/** The engine in this thread: a model, its programs, and the plugins that explain and measure. One job at a time. */
export class Engine implements EngineVerbs {
  readonly #options: EngineOptions;
  readonly #plugins = new Map<string, Plugin>();
  #backend: Promise<Backend> | undefined;
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
    const network = new Network(file, await this.#openBackend(), {
      ...(height && { height }),
      ...(width && { width }),
    });
    const summary = await summarise(file, network, model, options);
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
    const { data } = await logitsOf(network, this.prepare(input).input);
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
    const { network, summary } = this.#model();
    const method = this.#find('method', request.method);
    const prepared = this.prepare(input);
    const target = await resolveTarget(network, prepared.input, request.target ?? 'top');
    refuseBlackBox(method, summary);
    const options = this.#resolved(method, network, request.options);
    const explanation = await this.#within(method, network, options, hooks, (model, context) =>
      method.explain(model, prepared.input, target, options, context),
    );
    checkFinite(explanation.map, method.name);
    const { kernels } = network.backend;
    const { data } = await logitsOf(network, prepared.input);
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
      crop: prepared.crop,
      model: summary.digest,
      backend: network.backend.name,
      versions,
      milliseconds: performance.now() - start,
    };
  }

  async evaluate(request: EvaluateRequest, hooks: Hooks = {}): Promise<Evaluation> {
    const start = performance.now();
    const { network } = this.#model();
    const metric = this.#find('metric', request.metric);
    const { input } = this.prepare(request.input);
    const target = await resolveTarget(network, input, request.target ?? 'top');
    const options = this.#resolved(metric, network, request.options);
    checkFinite(request.map, 'the map handed over');
    const map = atInputSize(
      request.map,
      request.map.dims.length === 2 && request.map.dims.join() !== network.info.input.slice(1).join(),
      network.info,
      network.backend.kernels,
    );
    const { value, details = {} } = await this.#within(metric, network, options, hooks, (model, context) =>
      metric.evaluate(model, input, target, map, options, context),
    );
    const milliseconds = performance.now() - start;
    return {
      metric: metric.name,
      better: metric.better,
      value,
      details,
      options,
      target,
      backend: network.backend.name,
      milliseconds,
    };
  }

  async dispose(): Promise<void> {
    await this.#loaded?.network.programs.clear();
    this.#loaded = undefined;
    await (await this.#backend)?.dispose();
    this.#backend = undefined;
  }

  #openBackend(): Promise<Backend> {
    const { runtime, memory } = this.#options;
    return (this.#backend ??= cpu({ ...(runtime && { runtime }), ...(memory !== undefined && { memory }) }));
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
      if (schema.kind === 'layer') resolved[name] = network.layer(resolved[name] as string);
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
  ): Promise<T> {
    const never = signal ?? new AbortController().signal;
    const pause = async (): Promise<void> => {
      await nextTurn();
      never.throwIfAborted();
    };
    never.throwIfAborted();
    const whole = bindModel(network, pause);
    const model = Object.fromEntries(
      ['info' as const, ...plugin.needs].map((need) => [need, whole[need]]),
    ) as unknown as ModelWith<Need>;
    const context: Context = {
      signal: never,
      progress: (fraction, what = plugin.name) => onProgress?.({ fraction: Math.min(1, Math.max(0, fraction)), what }),
      random: random(typeof options['seed'] === 'number' ? options['seed'] : 0),
      kernels: network.backend.kernels,
    };
    const result = await run(model, context);
    never.throwIfAborted();
    onProgress?.({ fraction: 1, what: plugin.name });
    return result;
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

/** A network that keeps no layer to look into has no gradients either: the reason for that is what helps. */
function refuseBlackBox(method: Method, { undifferentiable, layers }: ModelSummary): void {
  const looksInside = method.needs.some((need) => need !== 'score' && need !== 'maskedScore');
  if (!undifferentiable || !looksInside || layers.length > 0) return;
  throw new SightlineError(
    'unsupported',
    `${method.name} needs gradients and this network has none: ${undifferentiable}. Black-box methods (RISE) explain it`,
    { method: method.name },
  );
}

function logitsOf(network: Network, input: Tensor): Promise<Tensor> {
  return network.logitsOf(input, () => scoreGraph(network.classifier(1)));
}

async function resolveTarget(
  network: Network,
  input: Tensor,
  asked: NonNullable<ExplainRequest['target']>,
): Promise<Target> {
  if (asked === 'top') {
    const { data } = await logitsOf(network, input);
    return classTarget(data.indexOf(data.reduce((a, b) => Math.max(a, b), -Infinity)));
  }
  const target = typeof asked === 'number' ? classTarget(asked) : asked;
  weightsOf(target, network.info.classes); // throws where a class is out of range
  return target;
}

function oneClass({ weights }: Target, labels: readonly string[] | undefined): AttributionData['class'] {
  const [only] = weights;
  return weights.length === 1 && only ? { index: only[0], label: labels?.[only[0]] } : undefined;
}
