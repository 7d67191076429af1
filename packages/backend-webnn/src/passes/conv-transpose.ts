import {
  lowerConvTranspose,
  withoutConvTranspose,
  type ConvTransposeForm,
  type ConvTransposeSite,
} from '@sightline/core/graph';
import type { Value } from '@sightline/core/graph';

/** Channels from which on a convolution for each phase is faster than one for all. */
const many = 16;

/**
 * The fastest form on WebNN (LiteRT with XNNPACK, Chromium 147, 2 threads; of ResNet-18's strided 3×3 the time in ms): `phases`
 * 1.7–2.2, `sub-pixel` 2.7–3.0, `conv` 5.4–6.1; its own transposed convolution without pads, and cropped, 5.1–5.9. Of a strided
 * 1×1 and of depthwise 3×3 and 5×5 `phases` is faster too, by 1.2–1.7. To the three channels of the picture (7×7): `sub-pixel`
 * 6.5, `phases` 9.5, `conv` 35, its own 47. Its own is never emitted: with groups or
 * output padding it does not come back.
 */
export function webnnForm(site: ConvTransposeSite): ConvTransposeForm {
  const { strides, kernel, dilations, outputs = 1, group, computed } = site;
  const phased = kernel.length === 2 && strides[0] === strides[1] && strides[0]! > 1 && dilations.every((d) => d === 1);
  if (phased && !computed && outputs * group >= many) return 'phases';
  return withoutConvTranspose(site);
}

export const lowerConvTransposes = (roots: readonly Value[]): ((value: Value) => Value) =>
  lowerConvTranspose(roots, webnnForm);
