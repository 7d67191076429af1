import assert from 'node:assert/strict';
import { it } from 'node:test';
import { evidence } from '../../../../test/nets/closed-form.ts';
import { contextOf, only } from '../../../../test/suites/harness.ts';
import { tensor, type Tensor } from '@sightline/core/plugin';
import averageDrop from '../src/index.ts';

const { model, input, truth } = evidence();
const target = { weights: [[0, 1]], of: 'logit' } as const;
const evaluate = async (map: Tensor, mask: 'soft' | 'top' = 'soft', fraction = 0.15) => {
  const { value, details } = await averageDrop.evaluate(
    only(model, ['score']),
    input,
    target,
    map,
    { mask, fraction },
    contextOf(undefined),
  );
  return { value, ...(details as Record<'Y' | 'O' | 'D' | 'drop' | 'increase' | 'add', number>) };
};
const sigmoid = (evidenceLeft: number): number => 1 / (1 + Math.exp(4 - evidenceLeft));
const close = (a: number, b: number): void => assert.ok(Math.abs(a - b) < 1e-5, `${a}, not ${b}`);

it('the drop is (Y − O) / Y and the drop in deletion (Y − D) / Y, with the evidence that each mask leaves', async () => {
  const whole = truth.data.reduce((a, b) => a + b, 0);
  const [low, high] = [Math.min(...truth.data), Math.max(...truth.data)];
  const kept = (8 / whole) * truth.data.reduce((sum, e) => sum + (e * (e - low)) / (high - low), 0);
  const { value, Y, O, D, drop, add, increase } = await evaluate(truth);
  close(Y, sigmoid(8));
  close(O, sigmoid(kept));
  close(D, sigmoid(8 - kept));
  close(drop, (Y - O) / Y);
  close(add, (Y - D) / Y);
  assert.equal(value, drop);
  assert.equal(increase, 0);
});

it('a mask that hides only evidence against the class raises the score: increase 1, drop 0', async () => {
  const against = input.data.map((v, i) => (i < 128 ? v : -v)); // the lower half speaks against
  const map = tensor(
    [16, 16],
    against.map((_, i) => Number(i < 128)),
  );
  const options = { mask: 'soft', fraction: 0.15 } as const;
  const picture = tensor(input.dims, against);
  const { details } = await averageDrop.evaluate(
    only(model, ['score']),
    picture,
    target,
    map,
    options,
    contextOf(undefined),
  );
  assert.equal(details!['increase'], 1);
  assert.equal(details!['drop'], 0);
});

it('the top 15 % are exactly round(0.15 · 256) = 38 pixels, whatever the map’s scale and however many are equal', async () => {
  const tied = tensor(
    [16, 16],
    truth.data.map((_, i) => (i < 200 ? 3 : 1)),
  );
  const { O } = await evaluate(tied, 'top');
  const scale = 8 / truth.data.reduce((a, b) => a + b, 0);
  close(O, sigmoid(scale * truth.data.slice(200 - 38, 200).reduce((a, b) => a + b, 0)));
});

it('a constant map keeps nothing: all that the score has is lost', async () => {
  const { O, D, Y } = await evaluate(tensor([16, 16], 0.7));
  close(O, sigmoid(0));
  assert.equal(D, Y);
});

it('refuses a contrast whose probability is not above 0: nothing is there to drop', async () => {
  const contrast = { weights: [[1, 1] as const, [0, -1] as const], of: 'logit' } as const;
  const options = { mask: 'soft', fraction: 0.15 } as const;
  await assert.rejects(
    averageDrop.evaluate(only(model, ['score']), input, contrast, truth, options, contextOf(undefined)),
    { code: 'bad-target' },
  );
});
