import { tails, uniform, type KernelCase } from '../kernel.ts';
import { riseShifts, type riseMasks } from './reference.ts';

/** Masks lie in [0, 1]: two weighted means, each rounded to float32 a few times. */
const tolerance = 5e-7;

const one = (count: number, cells: number, height: number, width: number): KernelCase<typeof riseMasks> => ({
  title: `${count} masks of ${cells}×${cells} cells, ${height}×${width}`,
  tolerance,
  parameters: (random) => [
    uniform(random, count * cells * cells, 0, 1).map(Math.round),
    Int32Array.from({ length: 2 * count }, (_, i) => random.integer(riseShifts(cells, i % 2 ? width : height))),
    new Float32Array(count * height * width),
    new Float32Array(cells * width),
    count,
    cells,
    height,
    width,
  ],
});

export const cases: readonly KernelCase<typeof riseMasks>[] = [
  ...tails.map((width) => one(3, 3, 6, width)),
  one(2, 1, 5, 7), // one cell is its own mirror
  one(2, 2, 5, 7),
  one(4, 7, 50, 31), // sizes that the cells do not divide
  one(4, 7, 224, 224), // the paper's
  one(2, 8, 224, 224), // the code's
];
