import { tails, uniform, type KernelCase } from '../kernel.ts';
import type { minMax } from './reference.ts';

/** Results lie in [0, 1]; difference, range and quotient are each rounded to float32: three halves of 2⁻²³ at most. */
const tolerance = 2e-7;

const one = (planes: number, pixels: number, scale = 1): KernelCase<typeof minMax> => ({
  title: `${planes} planes of ${pixels} in ±${scale}`,
  tolerance,
  parameters: (random) => [
    uniform(random, planes * pixels, -scale, scale),
    new Float32Array(planes * pixels),
    planes,
    pixels,
  ],
});
const filled = (title: string, values: readonly number[]): KernelCase<typeof minMax> => ({
  title,
  tolerance,
  parameters: () => [Float32Array.from(values), new Float32Array(values.length), 1, values.length],
});

export const cases: readonly KernelCase<typeof minMax>[] = [
  ...tails.map((pixels) => one(2, pixels)),
  one(512, 49),
  one(1, 224 * 224),
  one(3, 50, 1e-30),
  one(3, 50, 1e30),
  filled('a constant plane', [3, 3, 3, 3, 3, 3]),
  filled('a plane that is constant but for rounding', [0.3, 0.30000004, 0.29999998, 0.3, 0.3]),
  filled('a plane that varies by more than rounding', [0.3, 0.3001, 0.2999, 0.3, 0.3]),
  filled('a plane of zeros of both signs', [0, -0, 0, 0, -0]),
  filled('a plane with a NaN', [1, 2, NaN, 4, 5]),
];
