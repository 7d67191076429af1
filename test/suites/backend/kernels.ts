import type { Backend, Kernels, Tensor } from '@sightline/core';
import { referenceKernels } from '../../../packages/core/src/backend/cpu/kernels.ts';
import { random } from '../../../packages/core/src/tensor/random.ts';
import { size, tensor } from '../../../packages/core/src/tensor/tensor.ts';
import type { Runner } from '../backend.ts';
import { check } from '../harness.ts';
import { distance } from './ops.ts';

/** A backend's kernels are the reference's to the last bits of float32; the sums in them are short. */
const tolerance = 1e-6;

function drawn(dims: readonly number[], seed: number): Tensor {
  const { next } = random(seed);
  return tensor(
    dims,
    Float32Array.from({ length: size(dims) }, () => next()),
  );
}
const picture = drawn([3, 7, 5], 1);
const bits = tensor([4, 3, 3], drawn([4, 3, 3], 2).data.map(Math.round));
const shifts = tensor([4, 2], [0, 1, 2, 2, 1, 0, 2, 1]);
const [height, width] = [9, 8];

/** Each kernel at work: one that is not here does not compile. */
const uses: { readonly [name in keyof Kernels]: (kernels: Kernels) => readonly ArrayLike<number>[] } = {
  resize: ({ resize }) => [resize(picture, [11, 4]).data, resize(picture, [3, 9], 'bicubic').data],
  minMax: ({ minMax }) => [minMax(picture).data, minMax(picture, 3).data, minMax(tensor([2, 2], 3)).data],
  weightedChannelSum: (k) => [k.weightedChannelSum(picture, drawn([3], 3)).data],
  maskBlend: (k) => [
    k.maskBlend(picture, drawn([2, 7, 5], 4), 0.5).data,
    k.maskBlend(picture, drawn([7, 5], 5), picture).data,
  ],
  blur: ({ blur }) => [
    blur(picture, Float32Array.of(0.25, 0.5, 0.25)).data,
    blur(picture, Float32Array.of(1), 'zero').data,
  ],
  rank: ({ rank }) => [rank(tensor([2, 3], [1, 5, 1, -2, 5, 0]))],
  riseMasks: (k) => [k.riseMasks(bits, shifts, [height, width]).data],
  riseRows: (k) => {
    const { rows, columns } = k.riseRows(shifts, 3, [height, width]);
    return [rows.data, columns.data];
  },
  riseAccumulate: (k) => {
    const { rows, columns } = k.riseRows(shifts, 3, [height, width]);
    return [k.riseAccumulate(drawn([4], 6), rows, bits, columns).data];
  },
  reductions: (k) => [Object.values(k.reductions(picture)) as number[]],
  colourMap: (k) => [
    k.colourMap(drawn([7, 5], 7)),
    k.colourMap(drawn([2, 2], 8), { over: new Uint8Array(16).fill(9), opacity: 0.3 }),
  ],
};

/** Every kernel as a method sees it, against the references. */
export function kernelsSuite(backend: Backend, { describe, it }: Runner): void {
  describe('has the kernels of the reference', () => {
    for (const [name, use] of Object.entries(uses)) {
      it(name, () => {
        const expected = use(referenceKernels());
        use(backend.kernels).forEach((actual, i) => {
          const apart = distance(actual, expected[i]!);
          check(apart <= tolerance, `result ${i} is ${apart.toExponential(1)} away`);
        });
      });
    }
  });
}
