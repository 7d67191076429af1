import { tails, uniform, type KernelCase } from '../kernel.ts';
import type { Random } from '../../src/tensor/random.ts';
import type { rank } from './reference.ts';

const one = (title: string, count: number, values: (random: Random) => Float32Array): KernelCase<typeof rank> => ({
  title,
  tolerance: 0, // an order is right or wrong
  parameters: (random) => [values(random), new Int32Array(count), new Int32Array(3 * count + 1024), count],
});
const given = (title: string, values: readonly number[]): KernelCase<typeof rank> =>
  one(title, values.length, () => Float32Array.from(values));

export const cases: readonly KernelCase<typeof rank>[] = [
  ...tails.map((count) => one(`${count} numbers`, count, (random) => uniform(random, count))),
  one('224×224 numbers', 224 * 224, (random) => uniform(random, 224 * 224)),
  one('numbers of every size', 999, (random) => uniform(random, 999).map((v) => v * 10 ** (60 * random.next() - 30))),
  one('a thousand numbers out of five', 1000, (random) => uniform(random, 1000, 0, 5).map(Math.floor)),
  one('an upsampled 7×7, full of ties', 224 * 224, (random) => {
    const grid = uniform(random, 49);
    return Float32Array.from(
      { length: 224 * 224 },
      (_, i) => grid[Math.floor(i / (224 * 32)) * 7 + (Math.floor(i / 32) % 7)]!,
    );
  }),
  given('one number over and over', [2, 2, 2, 2, 2]),
  given('zeros of both signs', [0, -0, -0, 0, 1, -1]),
  given('infinities and NaN', [1, NaN, -Infinity, Infinity, NaN, 0]),
];
