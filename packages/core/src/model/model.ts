import type { Tensor } from '../tensor/tensor.ts';
import type { Target } from './target.ts';

/** The plain facts of a loaded classifier. */
export interface ModelInfo {
  /** [C, H, W] of one picture. */
  readonly input: readonly [channels: number, height: number, width: number];
  readonly classes: number;
  /** Spatial tensors a CAM can use, shallow to deep, with their [C, h, w]. */
  readonly layers: readonly { readonly name: string; readonly dims: readonly [number, number, number] }[];
}

/** Masks in low-rank form, so that only small arrays go in: mask_n = rows_n · grid_n · columns_n, an [H, W] picture. */
export interface Masks {
  /** [N, h, w] */
  readonly grid: Tensor;
  /** [N, H, h], or [1, H, h] where all masks share it. */
  readonly rows: Tensor;
  /** [N, w, W], or [1, w, W]. */
  readonly columns: Tensor;
}

/** Masks from activation maps, of which too only these go in: each upsampled to [H, W] (bilinear, half-pixel centres), then brought to 0 … 1; a constant map hides the whole picture. */
export interface MapMasks {
  /** [N, h, w] */
  readonly maps: Tensor;
}
export type AnyMasks = Masks | MapMasks;

/** A sum of masks by their scores that is still growing. */
export interface MaskedSum {
  add(masks: AnyMasks): Promise<void>;
  /** The sum [H, W] so far, and each mask's score in the order in which they came. */
  read(): Promise<{ readonly sum: Tensor; readonly scores: Float32Array }>;
  close(): void;
}

/** The rest of a network after a layer, held ready for many activations that differ in which channels are there. */
export interface Tail {
  /** A, [1, K, h, w]. */
  readonly activation: Tensor;
  /** The target's value at A itself. */
  readonly score: number;
  /** The target's value with channels zeroed, for each row of `keep` [N, K]: 1 keeps a channel, 0 zeroes it. */
  scores(keep: Tensor): Promise<Float32Array>;
  close(): void;
}

/** How relevance is handed down: LRP-ε with one ε everywhere (captum: 1e-9). */
export interface RelevanceRule {
  readonly name: 'epsilon';
  readonly epsilon: number;
}

/** All that a method or metric may ask of a classifier. Batches are split to the memory budget inside. */
export interface Model {
  /** The target's value for each picture of the batch [N, C, H, W] (black box: works on any model that runs). */
  score(batch: Tensor, target: Target): Promise<Float32Array>;
  /** The target's value at input ⊙ mask + baseline ⊙ (1 − mask), for every mask; the pictures are made inside the program. `baseline` is 0 unless given. */
  maskedScore(input: Tensor, target: Target, masks: AnyMasks, baseline?: Tensor): Promise<Float32Array>;
  /**
   * Σ_n score_n · mask_n over as many masks as are added, [H, W]: mask, score and sum are one program, and the picture and the
   * sum stay on the device meanwhile. Whoever opens it closes it.
   */
  maskedSum(input: Tensor, target: Target, baseline?: Tensor): Promise<MaskedSum>;
  /** d(target)/d(picture), [N, C, H, W], for each picture of the batch, and the target's values. */
  gradient(batch: Tensor, target: Target): Promise<{ readonly gradient: Tensor; readonly score: Float32Array }>;
  /** A layer's activation [1, K, h, w]. */
  activation(input: Tensor, layer: string): Promise<Tensor>;
  /** The rest of the network after a layer: the activation stays on the device, and each evaluation costs the rest alone. Whoever opens it closes it. */
  tail(input: Tensor, target: Target, layer: string): Promise<Tail>;
  /** A layer's activation and d(target)/d(activation), both [1, K, h, w]. */
  tap(
    input: Tensor,
    target: Target,
    layer: string,
  ): Promise<{ readonly activation: Tensor; readonly gradient: Tensor; readonly score: number }>;
  /**
   * DeepLIFT-Rescale multipliers of the rest of the network, from a layer held against zero: multipliers ⊙ activation sums to
   * F(A) − F(0), where what skips past the layer stays in F(0). Throws `unsupported` for probabilities: no rule for a softmax.
   */
  multipliers(
    input: Tensor,
    target: Target,
    layer: string,
  ): Promise<{ readonly activation: Tensor; readonly multipliers: Tensor; readonly score: number }>;
  /** The target's relevance at a layer [1, K, h, w], handed down from target ⊙ scores by the rule. Throws `unsupported` for probabilities. */
  relevance(
    input: Tensor,
    target: Target,
    layer: string,
    rule: RelevanceRule,
  ): Promise<{ readonly activation: Tensor; readonly relevance: Tensor; readonly score: number }>;
  /**
   * The target's weights w [K] where the rest of the network is linear, global average pooling and one layer of weights:
   * logit = Σ_k w_k · mean A_k + b. Throws `unsupported` with the reason elsewhere.
   */
  classWeights(target: Target, layer: string): Promise<Tensor>;
  /** `tap` for a picture [1, C, H′, W′] of another size than the network's own. Throws `unsupported` with the node that does not allow it. */
  tapAtSize: Model['tap'];
}
