import { tails, uniform, type KernelCase } from '../kernel.ts';
import type { maskBlend } from './reference.ts';

/** Numbers in [−3, 3): two products and one sum, each rounded to float32. */
const tolerance = 1e-6;

const one = (count: number, channels: number, pixels: number): KernelCase<typeof maskBlend> => ({
  title: `${count} masks over ${channels} channels of ${pixels}`,
  tolerance,
  parameters: (random) => [
    uniform(random, channels * pixels, -3, 3),
    uniform(random, count * pixels, 0, 1),
    uniform(random, channels * pixels, -3, 3),
    new Float32Array(count * channels * pixels),
    count,
    channels,
    pixels,
  ],
});

export const cases: readonly KernelCase<typeof maskBlend>[] = [
  ...tails.map((pixels) => one(2, 3, pixels)),
  one(1, 1, 33),
  one(3, 3, 224 * 224),
];
