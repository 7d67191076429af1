import { add, mul, numbers, type Shaped } from '@sightline/core/graph';
import { withoutLeftover } from './leftover.ts';
import type { Lowering } from './lowering.ts';
import { pooled } from './max-pool.ts';
import { inside, merged, padded, plainWindow, poolOf, type Pool } from './windows.ts';

/** How many elements each window averages over, axis by axis: of the data, or of the padded data, never what ceil_mode adds. */
function counts(x: Shaped, { window, outs, includePad }: Pool): number[] {
  const { kernel, strides, dilations, begin, end } = window;
  return outs
    .map((out, i) => {
      const length = x.dims[i + 2]!;
      const [low, high] = includePad ? [-begin[i]!, length + end[i]!] : [0, length];
      return Array.from({ length: out }, (_, o) => {
        const taps = Array.from({ length: kernel[i]! }, (__, t) => o * strides[i]! - begin[i]! + t * dilations[i]!);
        return taps.filter((at) => at >= low && at < high).length;
      });
    })
    .reduce<number[]>((all, axis) => all.flatMap((a) => axis.map((b) => a * b)), [1]);
}

/** WebNN divides by the window whatever hangs over; here the sum is divided by what was counted. */
export const averagePool: Lowering = (node, [x]) => {
  const pool = poolOf(node, x!);
  const overhangs = Number(node.attributes['ceil_mode'] ?? 0) === 1;
  if (plainWindow(pool) && !overhangs && (inside(pool) || pool.includePad)) return withoutLeftover(node, [x!]);
  const wide = padded(x!, pool, 0);
  const divisors = counts(x!, pool);
  const area = plainWindow(pool) ? pool.window.kernel.reduce((a, b) => a * b, 1) : 1;
  const averaged =
    area > 1 || plainWindow(pool)
      ? pooled('AveragePool', wide, pool, { count_include_pad: 0 })
      : merged(wide, pool, add);
  return mul(
    averaged,
    numbers(
      pool.outs,
      divisors.map((count) => area / count),
    ),
  );
};
