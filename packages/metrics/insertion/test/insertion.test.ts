import assert from 'node:assert/strict';
import { it } from 'node:test';
import { evidence } from '../../../../test/nets/closed-form.ts';
import { contextOf, only } from '../../../../test/suites/harness.ts';
import { tensor, type Tensor } from '@sightline/core/plugin';
import deletion from '../../deletion/src/index.ts';
import insertion from '../src/index.ts';

const { model, input, truth } = evidence();
const target = { weights: [[0, 1]], of: 'logit' } as const;
type Options = { variant: 'rise' | 'lift'; step: number; blur: 'rise11' | 'kornia51' | 'zero' };
const defaults: Options = { variant: 'rise', step: 0, blur: 'rise11' };

/** The picture that insertion starts from: the first that it asks about. */
async function start(picture: Tensor, blur: Options['blur']): Promise<Float32Array> {
  let first: Float32Array | undefined;
  const info = only(model, []).info;
  const score = (batch: Tensor): Promise<Float32Array> => {
    first ??= batch.data.slice(0, picture.data.length);
    return Promise.resolve(new Float32Array(batch.dims[0]!));
  };
  const map = tensor(picture.dims.slice(2));
  await insertion.evaluate({ score, info }, picture, target, map, { ...defaults, blur }, contextOf(undefined));
  return first!;
}
const point = (side: number, row: number, column: number): Tensor => {
  const picture = tensor([1, 1, side, side]);
  picture.data[row * side + column] = 1;
  return picture;
};

it('insertion onto zeros and deletion to zeros sum to 1 where the map is reversed and evidence is symmetric', async () => {
  // p = σ(evidence − 4) and all evidence is 8: what is in and what is out mirror each other about ½.
  const options = { variant: 'rise', step: 1, blur: 'zero', baseline: 0 } as const;
  const inserted = await insertion.evaluate(
    only(model, ['score']),
    input,
    target,
    truth,
    options,
    contextOf(undefined),
  );
  const deleted = await deletion.evaluate(only(model, ['score']), input, target, truth, options, contextOf(undefined));
  assert.ok(Math.abs(inserted.value + deleted.value - 1) < 1e-5, `${inserted.value} + ${deleted.value}`);
});

it('insertion’s blur is RISE’s: 11 × 11, nearly a box, with these taps', async () => {
  const taps = [0.08796, 0.0889, 0.09047, 0.09219, 0.09349, 0.09398, 0.09349, 0.09219, 0.09047, 0.0889, 0.08796];
  const blurred = await start(point(31, 15, 15), 'rise11');
  blurred.forEach((value, i) => {
    const [dy, dx] = [Math.floor(i / 31) - 10, (i % 31) - 10];
    assert.ok(Math.abs(value - (taps[dy] ?? 0) * (taps[dx] ?? 0)) < 2e-6, `${dy}, ${dx}: ${value}`);
  });
});

it('insertion’s blur with zeros outside darkens the border, and mirrored outside it does not', async () => {
  const white = tensor([1, 1, 40, 40], 1);
  const [zeros, mirror] = [await start(white, 'rise11'), await start(white, 'kornia51')];
  assert.ok(zeros[0]! < 0.35 && Math.abs(zeros[20 * 40 + 20]! - 1) < 1e-6);
  assert.ok(mirror.every((value) => Math.abs(value - 1) < 1e-5));
});

it('insertion’s last score is the picture’s own, whatever it started from', async () => {
  const [own] = await model.score(input, { ...target, of: 'probability' });
  for (const blur of ['rise11', 'kornia51', 'zero'] as const) {
    const { details } = await insertion.evaluate(
      only(model, ['score']),
      input,
      target,
      truth,
      { ...defaults, blur },
      contextOf(undefined),
    );
    assert.equal((details!['curve'] as readonly number[]).at(-1), own);
  }
});
