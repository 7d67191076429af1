import assert from 'node:assert/strict';
import { it } from 'node:test';
import { hiddenGap, linearGap } from '../../../../test/nets/closed-form.ts';
import { coefficientsOf, distance, explained, logit, scoreWith, shapley } from '../../../../test/suites/cams.ts';
import ablationCam from '../src/index.ts';

it('Ablation-CAM, times the score, has the SHAP values where the head is linear', async () => {
  const net = linearGap();
  for (const index of [0, 1, 2]) {
    const score = await scoreWith(net, logit(index), [0, 1, 2]);
    const alpha = (await coefficientsOf(ablationCam, net, logit(index))).map((v) => v * score);
    assert.ok(distance(alpha, await shapley(net, logit(index))) < 1e-5);
  }
});

it('Ablation-CAM is what the score loses with each channel, as a share of it', async () => {
  const net = hiddenGap();
  const score = await scoreWith(net, logit(1), [0, 1, 2]);
  const expected: number[] = [];
  for (const others of [
    [1, 2],
    [0, 2],
    [0, 1],
  ])
    expected.push((score - (await scoreWith(net, logit(1), others))) / score);
  assert.ok(distance(await coefficientsOf(ablationCam, net, logit(1)), expected) < 1e-5);
});

it('Ablation-CAM refuses to divide by a score of 0', async () => {
  const nothing = { weights: [], of: 'logit' } as const;
  await assert.rejects(explained(ablationCam, linearGap(), nothing), { code: 'bad-target' });
});
