import type { Kernels } from '../backend/kernels.ts';
import type { Model, ModelInfo } from '../model/model.ts';
import type { Random } from '../tensor/random.ts';
import type { Tensor } from '../tensor/tensor.ts';
import type { Target } from '../model/target.ts';
import type { OptionSchemas, OptionValues } from './options.ts';

/** What a method may ask of a model; it gets these members and no others. */
export type Need = keyof Model;
/** A model that has just what was asked for, and always its plain facts. */
export type ModelWith<N extends Need> = Pick<Model, N> & { readonly info: ModelInfo };

/** What a method promises; the conformance suite holds it to each. */
export type Claim =
  | 'completeness' // the map's sum is the target at the input minus at the baseline
  | 'efficiency' // the coefficients' sum is F(A) − F(0)
  | 'sensitive-to-target' // another class, another map
  | 'signed' // negative numbers mean evidence against
  | 'non-negative'
  | 'seeded'; // chance enters by the seed alone

/** What a plugin is given beside the model: the job's own tools. */
export interface Context {
  readonly signal: AbortSignal;
  /** Fraction done, 0 … 1, and a word on what is going on. Throttled: call it as often as you like. */
  progress(fraction: number, what?: string): void;
  readonly random: Random;
  readonly kernels: Kernels;
}

/** What a method hands back: its own map, before ReLU, resizing and normalising. */
export interface Explanation {
  /** [h, w] (an activation's grid) or [C, H, W] (pixels), signed. */
  readonly map: Tensor;
  /** [K], one a channel of the layer: a CAM's coefficients. */
  readonly coefficients?: Tensor;
  /** Whatever else is worth keeping, by name. */
  readonly extras?: Readonly<Record<string, Tensor | number>>;
}

export interface MethodSpec<N extends Need = Need, O extends OptionSchemas = OptionSchemas> {
  /** kebab-case, unique. */
  readonly name: string;
  readonly title: string;
  readonly paper: string;
  readonly needs: readonly N[];
  readonly claims: readonly Claim[];
  readonly options: O;
  /** What the heat map shows of a signed map: its positive part (CAMs), or the size of it (pixel methods). */
  readonly display: 'positive' | 'magnitude';
  explain(
    model: ModelWith<N>,
    input: Tensor,
    target: Target,
    options: OptionValues<O>,
    context: Context,
  ): Promise<Explanation>;
}

export interface MetricResult {
  readonly value: number;
  /** Curves, parts and counts, by name. */
  readonly details?: Readonly<Record<string, number | readonly number[]>>;
}
export interface MetricSpec<N extends Need = Need, O extends OptionSchemas = OptionSchemas> {
  readonly name: string;
  readonly title: string;
  readonly paper: string;
  readonly better: 'higher' | 'lower';
  readonly needs: readonly N[];
  readonly options: O;
  /** `map` is [H, W], the size of the input: ReLU'd and upsampled if it was a CAM, summed over channels if it was pixels. */
  evaluate(
    model: ModelWith<N>,
    input: Tensor,
    target: Target,
    map: Tensor,
    options: OptionValues<O>,
    context: Context,
  ): Promise<MetricResult>;
}

/** A plugin module's default export. */
export interface Method<N extends Need = Need, O extends OptionSchemas = OptionSchemas> extends MethodSpec<N, O> {
  readonly kind: 'method';
  /** The self-contained module as text, put here by the build: how a page sends the plugin to its worker. */
  readonly source?: string;
}
export interface Metric<N extends Need = Need, O extends OptionSchemas = OptionSchemas> extends MetricSpec<N, O> {
  readonly kind: 'metric';
  readonly source?: string;
}
export type Plugin = Method | Metric;
