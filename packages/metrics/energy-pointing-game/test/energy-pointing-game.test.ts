import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { tensor, type Tensor } from '@sightline/core/plugin';
import { constant } from '../../../../test/nets/closed-form.ts';
import { contextOf, only } from '../../../../test/suites/harness.ts';
import metric from '../src/index.ts';

const { model, input } = constant();
const evaluate = (map: Tensor, truth: Tensor | undefined) =>
  metric.evaluate(only(model, []), input, { weights: [[0, 1]], of: 'logit' }, map, { truth }, contextOf(undefined));
const value = async (map: Tensor, truth: Tensor): Promise<number> => (await evaluate(map, truth)).value;

/** 4 rows of 5 pixels, 0 … 19. */
const ramp = tensor(
  [4, 5],
  Float32Array.from({ length: 20 }, (_, i) => i),
);

describe('the energy-based pointing game', () => {
  it('is the share of the map in a box whose corner is x0, y0: columns first', async () => {
    // Columns 1 and 2 of row 3: pixels 16 and 17 of 0 … 19.
    assert.ok(Math.abs((await value(ramp, tensor([1, 4], [1, 3, 3, 4]))) - (16 + 17) / 190) < 1e-6);
  });

  it('counts a pixel of two boxes once, and one box as its mask', async () => {
    const boxes = tensor([2, 4], [0, 0, 2, 2, 1, 1, 3, 3]);
    const mask = tensor(
      [4, 5],
      Float32Array.from({ length: 20 }, (_, i) => Number([0, 1, 5, 6, 7, 11, 12].includes(i))),
    );
    assert.equal(await value(ramp, boxes), await value(ramp, mask));
    assert.ok(Math.abs((await value(ramp, boxes)) - 42 / 190) < 1e-6);
  });

  it('a pixel belongs to the box that its centre lies in', async () => {
    assert.equal((await evaluate(ramp, tensor([1, 4], [0.4, 0, 1.6, 1]))).details!['area'], 2 / 20);
    assert.equal((await evaluate(ramp, tensor([1, 4], [0.6, 0, 1.6, 1]))).details!['area'], 1 / 20);
  });

  it('is 1 for a map that lies on the object, whatever its scale, and the object’s area for one that is the same almost everywhere', async () => {
    const mask = tensor(
      [4, 5],
      Float32Array.from({ length: 20 }, (_, i) => Number(i < 6)),
    );
    assert.equal(
      await value(
        tensor(
          [4, 5],
          mask.data.map((v) => 7 * v - 3),
        ),
        mask,
      ),
      1,
    );
    const flat = tensor(
      [4, 5],
      Float32Array.from({ length: 20 }, (_, i) => Number(i !== 19)),
    );
    assert.ok(Math.abs((await value(flat, mask)) - 6 / 19) < 1e-6);
  });

  it('is the object’s share of the picture for a constant map, and 0 for a map of zeros', async () => {
    const mask = tensor([4, 5]).data.map((_, i) => Number(i < 6));
    assert.equal(await value(tensor([4, 5], 3), tensor([4, 5], mask)), 6 / 20);
    assert.equal(await value(tensor([4, 5]), tensor([4, 5], mask)), 0);
  });

  it('refuses to run without a truth, with one that fits nothing, or that marks nothing', async () => {
    const bad = [
      undefined,
      tensor([5, 4]),
      tensor([4]),
      tensor([1, 4], [3, 1, 2, 4]),
      tensor([4, 5]),
      tensor([1, 4], [50, 50, 60, 60]),
    ];
    for (const truth of bad)
      await assert.rejects(evaluate(ramp, truth), (error: Error & { code: string }) => {
        return error.code === 'bad-option' && error.message.includes('truth');
      });
  });
});
