import { tails, uniform, type KernelCase } from '../kernel.ts';
import { borders, foldedGaussianTaps, gaussianTaps, type blur } from './reference.ts';

/** Values in [−1, 1), taps that add up to 1, up to 51 of them summed in float32 in another order, twice. */
const tolerance = 2e-6;

const one = (
  border: number,
  planes: number,
  height: number,
  width: number,
  taps: Float32Array,
  what: string,
): KernelCase<typeof blur> => ({
  title: `${what}, ${borders[border]} border, ${planes} planes of ${height}×${width}`,
  tolerance,
  parameters: (random) => [
    uniform(random, planes * height * width),
    taps,
    new Float32Array(planes * height * width),
    new Float32Array(height * width + width + taps.length - 1),
    planes,
    height,
    width,
    taps.length,
    border,
  ],
});

export const cases: readonly KernelCase<typeof blur>[] = borders.flatMap((_, border) => [
  ...tails.map((width) => one(border, 2, 5, width, gaussianTaps(1, 3), '7 taps')), // every tail, and pictures smaller than the taps
  one(border, 1, 1, 1, gaussianTaps(2, 4), '9 taps'),
  one(border, 1, 6, 5, Float32Array.of(1), '1 tap'),
  one(border, 1, 6, 5, Float32Array.of(0.5, 0.25, 0.25), '3 lopsided taps'),
  one(border, 2, 40, 37, gaussianTaps(50, 25), '51 taps'), // Group-CAM's and UCAG's
  one(border, 3, 224, 224, foldedGaussianTaps(5, 11), "RISE's 11 taps"),
]);
