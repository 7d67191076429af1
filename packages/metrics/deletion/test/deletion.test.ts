import assert from 'node:assert/strict';
import { it } from 'node:test';
import { evidence } from '../../../../test/nets/closed-form.ts';
import { contextOf, only } from '../../../../test/suites/harness.ts';
import { tensor } from '@sightline/core/plugin';
import deletion from '../src/index.ts';

const { model, input, truth } = evidence();
const target = { weights: [[0, 1]], of: 'logit' } as const;
const evaluate = (map = truth, options: Partial<{ variant: 'rise' | 'lift'; step: number; baseline: number }> = {}) =>
  deletion.evaluate(
    only(model, ['score']),
    input,
    target,
    map,
    { variant: 'rise', step: 0, baseline: 0, ...options },
    contextOf(undefined),
  );

it('deletion’s curve is the sigmoid of the evidence left, pixel by pixel', async () => {
  const { value, details } = await evaluate(truth, { step: 1 });
  const order = [...truth.data.keys()].sort((a, b) => truth.data[b]! - truth.data[a]! || b - a);
  const all = truth.data.reduce((a, b) => a + b, 0);
  const left = [all];
  for (const pixel of order) left.push(left.at(-1)! - truth.data[pixel]!);
  const scores = left.map((evidenceLeft) => 1 / (1 + Math.exp(4 - (8 / all) * evidenceLeft)));
  const measured = details!['curve'] as readonly number[];
  assert.equal(measured.length, scores.length);
  scores.forEach((score, k) => assert.ok(Math.abs(measured[k]! - score) < 1e-5));
  const area = scores.slice(1).reduce((sum, score, k) => sum + (score + scores[k]!) / 2, 0) / order.length;
  assert.ok(Math.abs(value - area) < 1e-5);
});

it('deletion erases the later one of two equal pixels first', async () => {
  const [, first] = (await evaluate(tensor([16, 16], 1), { step: 1 })).details!['curve'] as readonly number[];
  const last = (
    await evaluate(
      tensor(
        [16, 16],
        tensor([16, 16]).data.map((_, i) => i),
      ),
      { step: 1 },
    )
  ).details!['curve'] as readonly number[];
  assert.equal(first, last[1]);
});

it('deletion ends with every pixel erased, also where the step does not divide the picture', async () => {
  const { details } = await evaluate(truth, { step: 100 });
  assert.deepEqual(details!['counts'], [0, 100, 200, 256]);
});

it('deletion as in LIFT-CAM looks at 41 shares of the picture, and ignores baseline and step', async () => {
  const plain = await evaluate(truth, { variant: 'lift' });
  assert.equal((plain.details!['curve'] as readonly number[]).length, 41);
  assert.equal((await evaluate(truth, { variant: 'lift', baseline: 9, step: 3 })).value, plain.value);
});

it('deletion with 28 steps by default: 1792 pixels each at 224 × 224, 10 at 16 × 16', async () => {
  assert.deepEqual(((await evaluate()).details!['counts'] as readonly number[]).slice(0, 3), [0, 10, 20]);
});
