/*
 * Deletion and insertion score a picture as its pixels go or come, in the order of a map: after how many pixels, and the area under
 * what comes out.
 */

/** 0, step, 2 · step … and all of them; a step of 0 is one 28th of the picture, rounded up (RISE's evaluation: 1792 of 224²). */
export function pixelSteps(pixels: number, step: number): readonly number[] {
  const size = step || Math.ceil(pixels / 28);
  return Array.from({ length: Math.ceil(pixels / size) + 1 }, (_, k) => Math.min(k * size, pixels));
}

/** 0, 2.5, 5 … 100 percent of the pixels (LIFT-CAM's evaluation). */
export const pixelShares = (pixels: number): readonly number[] =>
  Array.from({ length: 41 }, (_, k) => Math.round((k / 40) * pixels));

/** The area under a curve over 0 … 1, by trapezoids. */
export const areaUnder = (curve: readonly number[]): number =>
  (curve.reduce((sum, s) => sum + s, 0) - (curve[0]! + curve.at(-1)!) / 2) / (curve.length - 1);
