import { tails, uniform, type KernelCase } from '../kernel.ts';
import type { weightedChannelSum } from './reference.ts';

const one = (channels: number, pixels: number): KernelCase<typeof weightedChannelSum> => ({
  title: `${channels} channels of ${pixels}`,
  /** float32 sums in another order: 2e-6 of Σ|w·a|, which is about channels / 4 for numbers uniform in [−1, 1). */
  tolerance: Math.max(1, channels / 4) * 2e-6,
  parameters: (random) => [
    uniform(random, channels * pixels),
    uniform(random, channels),
    new Float32Array(pixels),
    channels,
    pixels,
  ],
});

export const cases: readonly KernelCase<typeof weightedChannelSum>[] = [
  ...tails.map((pixels) => one(3, pixels)),
  ...[16, 17, 21, 31].map((pixels) => one(5, pixels)), // after the steps of sixteen
  one(1, 1),
  one(512, 49), // ResNet-18, 7×7
  one(2048, 49), // ResNet-50
  one(512, 196), // VGG-16, 14×14
];
