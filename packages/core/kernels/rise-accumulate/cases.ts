import { tails, uniform, type KernelCase } from '../kernel.ts';
import type { riseAccumulate } from './reference.ts';
import { riseRows, riseShifts } from '../rise-masks/reference.ts';

const one = (count: number, cells: number, height: number, width: number): KernelCase<typeof riseAccumulate> => ({
  title: `${count} masks of ${cells}×${cells} cells, ${height}×${width}`,
  /** Sums of `count` numbers in [0, 1], rounded to float32 after each: 2⁻²⁴ of the sum each time, with signs that vary. */
  tolerance: Math.max(1, count) * 5e-7,
  parameters(random) {
    const shifts = Int32Array.from({ length: 2 * count }, (_, i) =>
      random.integer(riseShifts(cells, i % 2 ? width : height)),
    );
    const { rows, columns } = riseRows(shifts, cells, height, width);
    return [
      uniform(random, count, 0, 1),
      rows,
      uniform(random, count * cells * cells, 0, 1).map(Math.round),
      columns,
      uniform(random, height * width), // what earlier batches left
      new Float32Array(cells * width),
      count,
      cells,
      height,
      width,
    ];
  },
});

export const cases: readonly KernelCase<typeof riseAccumulate>[] = [
  ...tails.map((width) => one(3, 3, 6, width)),
  one(0, 3, 4, 5), // no masks: the map stays
  one(2, 1, 5, 7),
  one(8, 7, 50, 31),
  one(32, 7, 224, 224),
];
