import type { Border } from '../../kernels/blur/reference.ts';
import type { ColourMapName } from '../../kernels/colour-map/reference.ts';
import type { ResizeMode } from '../../kernels/resize/reference.ts';
import type { AnyTensor, Tensor } from '../tensor/tensor.ts';

export { borders, foldedGaussianTaps, gaussianTaps, type Border } from '../../kernels/blur/reference.ts';
export { colourMapNames, colourTable, type ColourMapName } from '../../kernels/colour-map/reference.ts';
export { resizeModes, resizeTaps, type ResizeMode } from '../../kernels/resize/reference.ts';
export { riseShifts } from '../../kernels/rise-masks/reference.ts';

/** Height and width. */
export type Size = readonly [height: number, width: number];

/**
 * An explainer's own operations, outside the network: synchronous, on tensors in memory, never changing what they are given
 * (`riseAccumulate` says which). Each is a folder of packages/core/kernels, where its `reference.ts` is the definition.
 * They throw `bad-input` where shapes do not fit.
 */
export type Kernels = {
  /** [..., h, w] → [..., H, W]. The mode is `bilinear` (half-pixel centres) unless told. */
  resize(source: Tensor, size: Size, mode?: ResizeMode): Tensor;

  /** (x − min) / (max − min), and zeros where all is the same but for rounding. Each of the first `planes` equal parts by itself; 1 unless told. */
  minMax(source: Tensor, planes?: number): Tensor;

  /** Σ_c weights[c] · activation[c]: [C, h, w] or [1, C, h, w] and [C] → [h, w]. */
  weightedChannelSum(activation: Tensor, weights: Tensor): Tensor;

  /**
   * x ⊙ m + b ⊙ (1 − m): where the mask is 1 the image stays. Image [..., H, W]; baseline the same, or one number for all of it.
   * A mask [H, W] gives the image's dims, masks [N, H, W] give [N, C, H, W].
   */
  maskBlend(image: Tensor, mask: Tensor, baseline: Tensor | number): Tensor;

  /** Both ways along [..., H, W] with an odd number of taps (`gaussianTaps`, `foldedGaussianTaps`). The border is `mirror` unless told. */
  blur(source: Tensor, taps: Float32Array, border?: Border): Tensor;

  /** Indices of all elements, largest first; of equal ones the larger index first, as RISE's evaluation orders pixels. */
  rank(values: Tensor): Int32Array;

  /** RISE's masks [N, H, W] from bits [N, s, s] and shifts [N, 2] (row, column; each below ⌈H/s⌉, ⌈W/s⌉: `riseShifts`). */
  riseMasks(bits: AnyTensor, shifts: AnyTensor, size: Size): Tensor;

  /** The same masks unmultiplied: rows [N, H, s] and columns [N, s, W] with mask = rows · bits · columns, for a network's program. */
  riseRows(shifts: AnyTensor, cells: number, size: Size): { rows: Tensor; columns: Tensor };

  /**
   * Σ_n scores[n] · (rows_n · bits_n · columns_n), [H, W], without storing a mask: what `riseRows` made, any number of batches.
   * With `into` the sum is added to that map, which is written to and handed back.
   */
  riseAccumulate(scores: Tensor, rows: Tensor, bits: AnyTensor, columns: Tensor, into?: Tensor): Tensor;

  /** Sum, largest, smallest and mean of all elements, in double precision. NaN where one of them is. */
  reductions(values: Tensor): Reductions;

  /** Heat in 0 … 1 as RGBA bytes, four an element; over a picture's RGBA bytes where one is given. */
  colourMap(heat: Tensor, options?: ColourMapOptions): Uint8ClampedArray<ArrayBuffer>;
};

export interface Reductions {
  readonly sum: number;
  readonly max: number;
  readonly min: number;
  readonly mean: number;
}

export interface ColourMapOptions {
  /** `ember` unless told. */
  readonly map?: ColourMapName;
  /** RGBA bytes of a picture of the heat's size. */
  readonly over?: Uint8ClampedArray | Uint8Array;
  /** How much of the heat shows over the picture, 0 … 1; ½ unless told. Without a picture heat is opaque. */
  readonly opacity?: number;
}
