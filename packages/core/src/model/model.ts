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

/** A sum of masks by their scores that is still growing. */
export interface MaskedSum {
  add(masks: Masks): Promise<void>;
  /** The sum [H, W] so far, and each mask's score in the order in which they came. */
  read(): Promise<{ readonly sum: Tensor; readonly scores: Float32Array }>;
  close(): void;
}

/** All that a method or metric may ask of a classifier. Batches are split to the memory budget inside. */
export interface Model {
  /** The target's value for each picture of the batch [N, C, H, W] (black box: works on any model that runs). */
  score(batch: Tensor, target: Target): Promise<Float32Array>;
  /** The target's value at input ⊙ mask + baseline ⊙ (1 − mask), for every mask; the pictures are made inside the program. `baseline` is 0 unless given. */
  maskedScore(input: Tensor, target: Target, masks: Masks, baseline?: Tensor): Promise<Float32Array>;
  /**
   * Σ_n score_n · mask_n over as many masks as are added, [H, W]: mask, score and sum are one program, and the picture and the
   * sum stay on the device meanwhile. Whoever opens it closes it.
   */
  maskedSum(input: Tensor, target: Target, baseline?: Tensor): Promise<MaskedSum>;
  /** d(target)/d(picture), [N, C, H, W], for each picture of the batch, and the target's values. */
  gradient(batch: Tensor, target: Target): Promise<{ readonly gradient: Tensor; readonly score: Float32Array }>;
  /** A layer's activation and d(target)/d(activation), both [1, K, h, w]. */
  tap(
    input: Tensor,
    target: Target,
    layer: string,
  ): Promise<{ readonly activation: Tensor; readonly gradient: Tensor; readonly score: number }>;
  /** DeepLIFT-Rescale multipliers of the rest of the network, from a layer held against zero: multipliers ⊙ activation sums to F(A) − F(0). */
  multipliers(
    input: Tensor,
    target: Target,
    layer: string,
  ): Promise<{ readonly activation: Tensor; readonly multipliers: Tensor; readonly score: number }>;
}
