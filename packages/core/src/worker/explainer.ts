import type { BackendChoice } from '../backend/define.ts';
import type { Attribution } from '../engine/attribution.ts';
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
import { fieldsOf } from '../errors.ts';
import type { MetricChoice, WithHooks } from './requests.ts';
import type { ModelSource, PageInput, PluginSource } from './sources.ts';
import type { WorkerFactory } from './spawn.ts';

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

/** All there are: what is not among them is a slip. */
export const explainerFields = fieldsOf<ExplainerOptions>({
  ...{ model: true, loadOptions: true, plugins: true, backends: true, worker: true, workerUrl: true, engine: true },
  ...{ jobTimeout: true, grace: true, pluginTimeout: true, startTimeout: true, signal: true },
});
