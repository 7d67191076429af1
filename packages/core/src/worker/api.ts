import type { EngineOptions } from '../engine/engine.ts';
import type {
  AttributionData,
  EngineVerbs,
  EvaluateRequest,
  Evaluation,
  ExplainRequest,
  Input,
  LoadOptions,
  ModelSummary,
  PluginInfo,
  Prediction,
  Progress,
} from '../engine/types.ts';

/** What a worker drives: the real engine, or anything that does the same. */
export interface DrivenEngine extends EngineVerbs {
  /** Throws `bad-plugin` where the name is taken; `where` says where the plugin came from. */
  register(plugin: unknown, where?: string): PluginInfo;
}
export type CreateEngine = (options: EngineOptions) => DrivenEngine | Promise<DrivenEngine>;

/** A plugin as a worker is asked for it: an absolute URL, and the name that it should have. */
export interface PluginRequest {
  readonly url: string;
  readonly name?: string;
  /** Milliseconds. */
  readonly timeout: number;
}

/** A backend as a worker is asked for it: by the name of one that it serves, or with the URL of a module to import. */
export interface BackendRequest {
  readonly name: string;
  readonly options: Readonly<Record<string, unknown>>;
  readonly url?: string;
}
/** The engine's options as they cross to a worker. */
export type EngineRequest = Omit<EngineOptions, 'backends'> & { readonly backends?: readonly BackendRequest[] };

/** The worker as the page sees it through comlink. `job` numbers a call, for `cancel` and `progress`. */
export interface WorkerApi {
  /** Comes first, once: makes the engine and opens the backends and registers the plugins that the worker was built with. */
  start(options: EngineRequest): Promise<readonly PluginInfo[]>;
  /** Idempotent: a URL that is loaded already is not loaded again. */
  loadPlugin(job: number, plugin: PluginRequest): Promise<PluginInfo>;
  load(job: number, model: Blob, options: LoadOptions | undefined): Promise<ModelSummary>;
  classify(job: number, input: Input, top: number | undefined): Promise<readonly Prediction[]>;
  explain(job: number, input: Input, request: ExplainRequest, wantsProgress: boolean): Promise<AttributionData>;
  evaluate(job: number, request: EvaluateRequest, wantsProgress: boolean): Promise<Evaluation>;
  dispose(): Promise<void>;
}

/**
 * What goes beside comlink's own messages, in the same channel and so in order: a value of progress can never overtake
 * another or come after its job's result. Comlink leaves messages alone that have neither `id` nor `type`.
 */
export type SideMessage =
  | { readonly sightline: 'hello' } // page: are you there?
  | { readonly sightline: 'ready' } // worker: yes, and listening
  | { readonly sightline: 'lock'; readonly lock: string } // worker: I hold this Web Lock for as long as I live
  | { readonly sightline: 'cancel'; readonly job: number } // page
  | { readonly sightline: 'progress'; readonly job: number; readonly progress: Progress }; // worker

/** The message, if it is one of ours. */
export function sideMessage(data: unknown): SideMessage | undefined {
  return typeof data === 'object' && data !== null && 'sightline' in data ? (data as SideMessage) : undefined;
}
