import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Tensor } from '@sightline/core';
import { referenceKernels } from '../../packages/core/src/backend/cpu/kernels.ts';
import { paint } from '../../packages/cli/src/heat.ts';

const kernels = referenceKernels();
const [width, height] = [9, 7];
const heat: Tensor = {
  type: 'float32',
  dims: [height, width],
  data: Float32Array.from({ length: width * height }, (_, i) => ((i * 13) % 31) / 30),
};
const crop = { x: 0, y: 0, width, height };
const colours = (alpha: number): Uint8ClampedArray =>
  new Uint8ClampedArray(4 * width * height).map((_, i) => (i % 4 === 3 ? alpha : (i * 7) % 251));
const painted = (data: Uint8ClampedArray, opacity: number): Uint8ClampedArray | Uint8Array =>
  paint({ width, height, data }, { heat, crop }, { kernels, opacity, map: 'ember' }).data;

describe('the heat map over a picture', () => {
  it("has core's colours, blended as core blends them", () => {
    for (const opacity of [0, 0.3, 0.6, 1]) {
      const expected = kernels.colourMap(heat, { map: 'ember', over: colours(255), opacity });
      const found = painted(colours(255), opacity);
      const off = Math.max(...found.map((value, i) => Math.abs(value - expected[i]!)));
      assert.ok(off <= 1, `${off} at opacity ${opacity}`); // core blends in float32: halves may round the other way
    }
  });

  it('lies on white where the picture is transparent, whatever colour is hidden there', () => {
    const white = new Uint8ClampedArray(4 * width * height).fill(255);
    for (const opacity of [0, 0.6]) assert.deepEqual(painted(colours(0), opacity), painted(white, opacity));
    const half = painted(colours(51), 0);
    colours(255).forEach((value, i) => assert.ok(Math.abs(half[i]! - (0.2 * value + 0.8 * 255)) <= 0.5));
  });

  it('is drawn over the part that the network saw, at its size, and the rest is as it was', () => {
    const even = { ...heat, dims: [1, 2], data: Float32Array.of(0, 1) };
    const data = colours(255);
    const part = { x: 2, y: 1, width: 4, height: 3 };
    const shown = paint({ width, height, data }, { heat: even, crop: part }, { kernels, opacity: 1, map: 'grey' });
    for (let p = 0; p < width * height; p++) {
      const [x, y] = [p % width, Math.floor(p / width)];
      const inside = x >= 2 && x < 6 && y >= 1 && y < 4;
      // Bilinear between the centres of two cells, the edge's value beyond them.
      const grey = Math.round(255 * [0, 0.25, 0.75, 1][x - 2]!);
      const expected = inside ? [grey, grey, grey] : [...data.subarray(4 * p, 4 * p + 3)];
      assert.deepEqual([...shown.data.subarray(4 * p, 4 * p + 3)], expected, `pixel ${x}, ${y}`);
    }
  });
});
