import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { colourMapNames, colourTable } from '../packages/core/kernels/colour-map/reference.ts';
import { riseRows } from '../packages/core/kernels/rise-masks/reference.ts';
import {
  createKernels,
  createWasmKernels,
  referenceKernels,
  wasmKernels,
} from '../packages/core/src/backend/cpu/kernels.ts';
import { createRawWasmKernels, hasSimd, rawWasmKernels } from '../packages/core/src/backend/cpu/wasm-kernels.ts';
import { foldedGaussianTaps, gaussianTaps } from '../packages/core/src/backend/kernels.ts';
import { items, tensor, type Tensor } from '../packages/core/src/tensor/tensor.ts';
import { kernelSuite } from './suites/kernel.ts';

const close = (actual: ArrayLike<number>, expected: ArrayLike<number>, tolerance = 1e-6): void => {
  assert.equal(actual.length, expected.length);
  for (let i = 0; i < expected.length; i++) {
    if (!(Math.abs(actual[i]! - expected[i]!) <= tolerance)) assert.fail(`[${i}] is ${actual[i]}, not ${expected[i]}`);
  }
};
const square = (...values: number[]): Tensor => tensor([Math.sqrt(values.length), Math.sqrt(values.length)], values);

kernelSuite({ describe, it }, 'wasm', rawWasmKernels());

for (const [twin, kernels] of [
  ['the reference', referenceKernels()],
  ['wasm', wasmKernels()],
] as const) {
  describe(`A kernel of ${twin} gives the numbers known for it`, () => {
    it('nearest resize takes the pixel at ⌊i·h/H⌋', () => {
      close(kernels.resize(tensor([1, 5], [0, 1, 2, 3, 4]), [1, 3], 'nearest').data, [0, 1, 3]);
      close(kernels.resize(tensor([1, 2], [0, 1]), [2, 4], 'nearest').data, [0, 0, 1, 1, 0, 0, 1, 1]);
    });

    it('bilinear resize sits on half-pixel centres and holds the edge', () => {
      const { data } = kernels.resize(square(1, 2, 3, 4), [4, 4]);
      close(data, [1, 1.25, 1.75, 2, 1.5, 1.75, 2.25, 2.5, 2.5, 2.75, 3.25, 3.5, 3, 3.25, 3.75, 4]);
    });

    it('bilinear resize with aligned corners keeps the corners', () => {
      const { data } = kernels.resize(square(1, 2, 3, 4), [3, 4], 'bilinear-align-corners');
      close(data, [1, 4 / 3, 5 / 3, 2, 2, 7 / 3, 8 / 3, 3, 3, 10 / 3, 11 / 3, 4]);
    });

    it('bicubic resize has the weights of a = −0.75, as in the ONNX specification of Resize', () => {
      const source = square(...Array.from({ length: 16 }, (_, i) => i + 1));
      const { data } = kernels.resize(source, [8, 8], 'bicubic');
      const row = [0.47265625, 0.76953125, 1.24609375, 1.875, 2.28125, 2.91015625, 3.38671875, 3.68359375];
      close(data.subarray(0, 8), row);
      close(
        data.subarray(56),
        [13.31640625, 13.61328125, 14.08984375, 14.71875, 15.125, 15.75390625, 16.23046875, 16.52734375],
        2e-6,
      );
    });

    it('resize keeps whatever dimensions lead', () => {
      assert.deepEqual(kernels.resize(tensor([2, 3, 4, 5], 1), [7, 9]).dims, [2, 3, 7, 9]);
    });

    it('min-max normalises each part by itself and makes a constant one zero', () => {
      close(kernels.minMax(tensor([2, 3], [1, 2, 5, 7, 7, 7]), 2).data, [0, 0.25, 1, 0, 0, 0]);
    });

    it('min-max makes a constant map zero after it was resized, which leaves it constant but for rounding', () => {
      const resized = kernels.resize(tensor([1, 13, 13], 0.0394), [224, 224]);
      assert.ok(new Set(resized.data).size > 1, 'the case tests nothing');
      close(kernels.minMax(resized).data, new Float32Array(224 * 224));
    });
    it('the weighted sum of channels is that of the formula', () => {
      const { dims, data } = kernels.weightedChannelSum(
        tensor([1, 2, 1, 3], [1, 2, 3, 10, 20, 30]),
        tensor([2], [2, -1]),
      );
      assert.deepEqual(dims, [1, 3]);
      close(data, [-8, -16, -24]);
    });

    it('a mask keeps the image where it is 1 and shows the baseline where it is 0', () => {
      const image = tensor([2, 1, 3], [1, 2, 3, 4, 5, 6]);
      close(kernels.maskBlend(image, tensor([1, 3], [1, 0, 0.5]), 10).data, [1, 10, 6.5, 4, 10, 8]);
      const batch = kernels.maskBlend(image, tensor([2, 1, 3], [1, 1, 1, 0, 0, 0]), 0);
      assert.deepEqual(batch.dims, [2, 2, 1, 3]);
      close(batch.data, [1, 2, 3, 4, 5, 6, 0, 0, 0, 0, 0, 0]);
    });

    it('blur borders repeat the edge, mirror at it, or end', () => {
      const row = tensor([1, 3], [1, 2, 4]);
      const sums = (border: 'reflect' | 'mirror' | 'zero'): Float32Array =>
        kernels.blur(row, Float32Array.of(1, 0, 0), border).data;
      // One row: along its height the first tap finds the row itself, or nothing.
      close(sums('reflect'), [1, 1, 2]);
      close(sums('mirror'), [2, 1, 2]);
      close(sums('zero'), [0, 0, 0]);
    });

    it("RISE's blur of a one amid zeros is the product of its taps", () => {
      const taps = foldedGaussianTaps(5, 11);
      const delta = tensor([11, 11]);
      delta.data[60] = 1;
      const { data } = kernels.blur(delta, taps, 'zero');
      close(
        data,
        Array.from({ length: 121 }, (_, i) => taps[Math.floor(i / 11)]! * taps[i % 11]!),
        1e-8,
      );
    });

    it('rank puts the largest first and of equal values the larger index first', () => {
      assert.deepEqual([...kernels.rank(tensor([7], [1, 3, 3, -1, 0, -0, 3]))], [6, 2, 1, 0, 5, 4, 3]);
    });

    it("masks equal their low-rank form, and their weighted sum equals RISE's accumulation", () => {
      const [bits, shifts] = [
        tensor([2, 2, 2], [1, 0, 0, 1, 1, 1, 0, 0]),
        { type: 'int32', dims: [2, 2], data: Int32Array.of(0, 3, 1, 2) },
      ] as const;
      const masks = kernels.riseMasks(bits, shifts, [5, 7]);
      const { rows, columns } = kernels.riseRows(shifts, 2, [5, 7]);
      const each = (n: number, score: number): Float32Array =>
        kernels.riseAccumulate(
          tensor([1], score),
          items(rows, n, n + 1),
          items(bits, n, n + 1),
          items(columns, n, n + 1),
        ).data;
      for (const n of [0, 1]) close(each(n, 1), items(masks, n, n + 1).data);
      const sum = kernels.riseAccumulate(tensor([2], [0.5, 2]), rows, bits, columns);
      close(
        sum.data,
        items(masks, 0, 1).data.map((m, p) => 0.5 * m + 2 * masks.data[35 + p]!),
      );
      const again = kernels.riseAccumulate(tensor([2], [0.5, 2]), rows, bits, columns, sum);
      assert.equal(again, sum);
      close(
        again.data,
        items(masks, 0, 1).data.map((m, p) => m + 4 * masks.data[35 + p]!),
      );
    });

    it('reductions are sum, largest, smallest and mean', () => {
      assert.deepEqual(kernels.reductions(tensor([4], [1, -2, 3, 4])), { sum: 6, max: 4, min: -2, mean: 1.5 });
    });

    it('a colour map is opaque by itself, and over a picture as opaque as told', () => {
      const white = Uint8ClampedArray.of(255, 255, 255, 255);
      assert.deepEqual([...kernels.colourMap(tensor([1], 0), { map: 'grey' })], [0, 0, 0, 255]);
      assert.deepEqual(
        [...kernels.colourMap(tensor([1], 0), { map: 'grey', over: white, opacity: 0.4 })],
        [153, 153, 153, 255],
      );
    });

    it('shapes that do not fit are refused by name', () => {
      assert.throws(() => kernels.weightedChannelSum(tensor([3, 2, 2]), tensor([4])), {
        code: 'bad-input',
        message: /weights \[4\] should be \[3\]/,
      });
      assert.throws(() => kernels.maskBlend(tensor([3, 2, 2]), tensor([2, 3]), 0), { code: 'bad-input' });
      assert.throws(() => kernels.blur(tensor([2, 2]), gaussianTaps(1, 1).subarray(1)), {
        code: 'bad-input',
        message: /no middle/,
      });
      assert.throws(() => kernels.minMax(tensor([5]), 2), { code: 'bad-input' });
    });
  });
}

describe('Blur taps', () => {
  it("folded at the edges are those of RISE's evaluation, nearly a box", () => {
    const half = [0.08795815, 0.08889612, 0.0904742, 0.09219112, 0.09348939];
    close(foldedGaussianTaps(5, 11), [...half, 0.09398206, ...half.toReversed()], 1e-7); // scipy's gaussian_filter(delta, 5)
  });
  it('add up to 1', () => {
    close([gaussianTaps(50, 25).reduce((a, b) => a + b, 0)], [1]);
  });
});

describe('A colour map', () => {
  const linear = (byte: number): number => (byte <= 10 ? byte / 255 / 12.92 : ((byte / 255 + 0.055) / 1.055) ** 2.4);
  const luminance = (table: Uint8Array, i: number): number =>
    0.2126 * linear(table[4 * i]!) + 0.7152 * linear(table[4 * i + 1]!) + 0.0722 * linear(table[4 * i + 2]!);
  for (const name of colourMapNames.filter((map) => map !== 'signed')) {
    it(`${name} grows lighter from end to end`, () => {
      const table = colourTable(name);
      for (let i = 8; i < 256; i += 8) assert.ok(luminance(table, i) > luminance(table, i - 8), `at ${i}`);
    });
  }
  it('signed is blue below one half, red above and almost white between', () => {
    const table = colourTable('signed');
    assert.ok(table[2]! > table[0]! + 60 && table[1020]! > table[1022]! + 60);
    assert.ok([508, 509, 510].every((at) => table[at]! > 235));
  });
});

describe('The Wasm kernels', () => {
  it('are what this engine gets', async () => {
    assert.ok(hasSimd());
    assert.equal((await createKernels()).twin, 'wasm');
  });

  it('give way to the reference, with a reason, where WebAssembly is missing', async () => {
    const { WebAssembly: real } = globalThis;
    try {
      Object.assign(globalThis, { WebAssembly: undefined });
      const { kernels, twin, reason } = await createKernels();
      assert.equal(twin, 'reference');
      assert.match(reason ?? '', /SIMD/);
      close(kernels.minMax(tensor([2], [1, 2])).data, [0, 1]);
    } finally {
      Object.assign(globalThis, { WebAssembly: real });
    }
  });

  it('answer the same before and after their memory has grown and been given back', async () => {
    const kernels = await createWasmKernels();
    const small = tensor([2, 3], [1, 2, 3, 4, 5, 6]);
    const before = kernels.resize(small, [9, 9]);
    const large = tensor([10_000_000]); // 80 MB with its result
    large.data[large.data.length - 1] = 2;
    assert.equal(kernels.minMax(large).data.at(-1), 1);
    assert.deepEqual(kernels.resize(small, [9, 9]), before);
  });

  it('read and write views that begin in the middle of a buffer', async () => {
    const raw = await createRawWasmKernels();
    const memory = new Float32Array([9, 1, 2, 3, 9, 7, 7, 7, 9]);
    raw.minMax(memory.subarray(1, 4), memory.subarray(5, 8), 1, 3);
    assert.deepEqual([...memory], [9, 1, 2, 3, 9, 0, 0.5, 1, 9]);
  });
});

const golden = new URL('../../shared/golden/resnet18-val1/', import.meta.url);
const absent = existsSync(golden) ? false : 'the golden values are not on this machine';

describe("RISE's masks", { skip: absent }, () => {
  const [height, width, cells] = [224, 224, 7];
  const expected = (): Float32Array => new Float32Array(npy('rise_masks_first4.npy'));
  const bits = (): Tensor => tensor([64, cells, cells], Float32Array.from(new Uint8Array(npy('rise_bits.npy'))));
  const shifts = (): Int32Array => new Int32Array(npy('rise_shifts.npy'));

  it("are those of RISE's own code", () => {
    const two = { type: 'int32', dims: [2, 2], data: shifts().subarray(0, 4) } as const;
    for (const kernels of [referenceKernels(), wasmKernels()]) {
      close(kernels.riseMasks(items(bits(), 0, 2), two, [height, width]).data, expected(), 1e-6);
    }
  });

  it('are rows · grid · columns', () => {
    const { rows, columns } = riseRows(shifts(), cells, height, width);
    const grid = bits().data;
    const masks = expected();
    for (let n = 0; n < 2; n++) {
      for (let y = 0; y < height; y += 13) {
        for (let x = 0; x < width; x += 11) {
          let sum = 0;
          for (let i = 0; i < cells; i++) {
            for (let j = 0; j < cells; j++) {
              const row = rows[(n * height + y) * cells + i]!;
              sum += row * grid[(n * cells + i) * cells + j]! * columns[(n * cells + j) * width + x]!;
            }
          }
          close([sum], [masks[(n * height + y) * width + x]!]);
        }
      }
    }
  });

  it("weighted by the class's probabilities add up to RISE's map", () => {
    const kernels = wasmKernels();
    const { rows, columns } = kernels.riseRows({ type: 'int32', dims: [64, 2], data: shifts() }, cells, [
      height,
      width,
    ]);
    const scores = tensor([64], new Float32Array(npy('rise_scores.npy')));
    const sum = kernels.riseAccumulate(scores, rows, bits(), columns);
    close(
      sum.data.map((v) => v / 64 / 0.5),
      new Float32Array(npy('rise_map.npy')),
      1e-6,
    );
  });
});

/** The numbers of a NumPy file of version 1, as bytes. */
function npy(name: string): ArrayBuffer {
  const file = readFileSync(new URL(name, golden));
  return Uint8Array.from(file.subarray(10 + file.readUInt16LE(8))).buffer;
}
