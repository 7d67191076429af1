import { tails, uniform, type KernelCase } from '../kernel.ts';
import { resizeModes, resizeTaps, type resize, type ResizeMode } from './reference.ts';

/** Values in [−1, 1), at most 16 products whose weights' sizes add up to 2.4 at most, summed in float32 in another order. */
const tolerance = 1e-6;

const one = (
  mode: ResizeMode,
  planes: number,
  height: number,
  width: number,
  outHeight: number,
  outWidth: number,
): KernelCase<typeof resize> => ({
  title: `${mode}, ${planes} planes, ${height}×${width} to ${outHeight}×${outWidth}`,
  tolerance,
  parameters(random) {
    const rows = resizeTaps(mode, height, outHeight);
    const columns = resizeTaps(mode, width, outWidth);
    return [
      uniform(random, planes * height * width),
      rows.index,
      rows.weight,
      columns.index,
      columns.weight,
      new Float32Array(planes * outHeight * outWidth),
      new Float32Array(height * outWidth),
      planes,
      height,
      width,
      outHeight,
      outWidth,
      rows.taps,
    ];
  },
});

export const cases: readonly KernelCase<typeof resize>[] = resizeModes.flatMap((mode) => [
  ...tails.map((width) => one(mode, 2, 3, 4, 5, width)), // every tail
  one(mode, 1, 1, 1, 6, 5), // one pixel has no neighbour
  one(mode, 2, 9, 13, 4, 3), // shrinking
  one(mode, 1, 6, 7, 6, 7), // the same size
  one(mode, 3, 7, 7, 224, 224), // a CAM
  one(mode, 1, 14, 10, 321, 213),
]);
