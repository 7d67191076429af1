import type { Picture, Preprocessing } from '../model/preprocessing.ts';
import type { Target } from '../model/target.ts';
import type { ModelInfo } from '../model/model.ts';
import type { OptionSchemas } from '../plugin/options.ts';
import type { Method, Metric } from '../plugin/types.ts';
import type { Tensor } from '../tensor/tensor.ts';

export type { Picture } from '../model/preprocessing.ts';

/** Everything here is plain data: it crosses to a worker, into a cache or a file as it is. */

/** A picture, which is preprocessed as the model wants it, or a preprocessed tensor [1, C, H, W]. */
export type Input = Picture | Tensor;

/** A plugin without its functions: what a page can know of it. */
export interface PluginInfo {
  readonly kind: 'method' | 'metric';
  readonly name: string;
  readonly title: string;
  readonly paper: string;
  readonly needs: readonly string[];
  readonly claims: readonly string[];
  readonly options: OptionSchemas;
  readonly display?: Method['display'];
  readonly better?: Metric['better'];
}

export interface LoadOptions {
  /** How pictures become the model's input; what is not given is ImageNet's way (`defaultPreprocessing`). */
  readonly preprocessing?: Partial<Preprocessing>;
  /** Class names, by index: as many as the model has classes. */
  readonly labels?: readonly string[];
  /** The files that the model keeps its weights in, by the name that the model uses. */
  readonly externalData?: Readonly<Record<string, Uint8Array>>;
}
export interface ModelSummary extends ModelInfo {
  /** SHA-256 of the file, hex. */
  readonly digest: string;
  readonly preprocessing: Preprocessing;
  readonly labels: readonly string[] | undefined;
  readonly opset: number;
  readonly producer: string;
  /** Ops and how often each occurs. */
  readonly ops: Readonly<Record<string, number>>;
  readonly softmax: boolean;
  /** Why no gradient can be built, where none can: node, op and reason. */
  readonly undifferentiable?: string;
  readonly backend: string;
  /** What the backends that were tried first had against this graph. */
  readonly refusals: Readonly<Record<string, string>>;
}

export interface Prediction {
  readonly index: number;
  readonly label: string | undefined;
  readonly logit: number;
  readonly probability: number;
}

export interface ExplainRequest {
  readonly method: string;
  /** A class, the top one (by logit, which is by probability too), or any weighted sum of outputs. 'top' unless given. */
  readonly target?: number | 'top' | Target;
  /** The method's own, by name; the rest are its defaults. */
  readonly options?: Readonly<Record<string, unknown>>;
}
export interface AttributionData {
  readonly method: string;
  readonly title: string;
  readonly display: Method['display'];
  readonly options: Readonly<Record<string, unknown>>;
  readonly target: Target;
  /** The class explained, where the target is one class. */
  readonly class: { readonly index: number; readonly label: string | undefined } | undefined;
  readonly logit: number;
  readonly probability: number;
  /** The method's own map, before ReLU, resizing and normalising: [h, w] or [C, H, W]. */
  readonly map: Tensor;
  readonly coefficients?: Tensor;
  readonly extras?: Readonly<Record<string, Tensor | number>>;
  /** [H, W], the size of the network's input: what metrics see (CAM: ReLU'd, upsampled; pixels: summed over channels). */
  readonly saliency: Tensor;
  /** [H, W] in 0 … 1, for the eye; all zeros where the map is constant. */
  readonly heat: Tensor;
  /** The preprocessed input, [1, C, H, W]. */
  readonly input: Tensor;
  /** How the picture became the input; absent where a tensor was handed over. */
  readonly preprocessing?: Preprocessing;
  /** Which part of the original picture the input shows, in its pixels; the whole of a tensor. */
  readonly crop: { readonly x: number; readonly y: number; readonly width: number; readonly height: number };
  readonly model: string;
  /** Where it ran; several, joined by ' + ', where one did not take all of it. */
  readonly backend: string;
  /** What the backends that come before it had against it, or why they are not there. */
  readonly refusals: Readonly<Record<string, string>>;
  readonly versions: Readonly<Record<string, string>>;
  readonly milliseconds: number;
}

export interface EvaluateRequest {
  readonly metric: string;
  readonly input: Input;
  /** [H, W] or [C, H, W] or [h, w]: brought to the input's size (bilinear) and summed over channels where it must be. */
  readonly map: Tensor;
  readonly target?: number | 'top' | Target;
  readonly options?: Readonly<Record<string, unknown>>;
  /** The digest of the model that the map is of: refused where another one is loaded. */
  readonly model?: string;
}
export interface Evaluation {
  readonly metric: string;
  readonly better: Metric['better'];
  readonly value: number;
  readonly details: Readonly<Record<string, number | readonly number[]>>;
  readonly options: Readonly<Record<string, unknown>>;
  readonly target: Target;
  readonly backend: string;
  /** What the backends that come before it had against it, or why they are not there. */
  readonly refusals: Readonly<Record<string, string>>;
  readonly milliseconds: number;
}

export interface Progress {
  readonly fraction: number;
  readonly what: string;
}
export interface Hooks {
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: Progress) => void;
}

/** The engine's verbs: the same ones in this thread (Engine) and through a worker (Explainer). */
export interface EngineVerbs {
  plugins(): Promise<readonly PluginInfo[]>;
  /** Reads the model and makes it the current one. Throws `bad-model`, `unsupported`. */
  load(model: Uint8Array, options?: LoadOptions): Promise<ModelSummary>;
  /** The `top` best classes, best first. */
  classify(input: Input, top?: number): Promise<readonly Prediction[]>;
  explain(input: Input, request: ExplainRequest, hooks?: Hooks): Promise<AttributionData>;
  evaluate(request: EvaluateRequest, hooks?: Hooks): Promise<Evaluation>;
  dispose(): Promise<void>;
}
