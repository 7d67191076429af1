import assert from 'node:assert/strict';
import { it } from 'node:test';
import { evidence, linearGap } from '../../../../test/nets/closed-form.ts';
import { coefficientsOf, distance, logit } from '../../../../test/suites/cams.ts';
import gradCam from '../../grad-cam/src/index.ts';
import xgradCam from '../src/index.ts';

it('XGrad-CAM is Grad-CAM on a linear head', async () => {
  for (const index of [0, 1, 2]) {
    const [x, plain] = [
      await coefficientsOf(xgradCam, linearGap(), logit(index)),
      await coefficientsOf(gradCam, linearGap(), logit(index)),
    ];
    assert.ok(distance(x, plain) < 1e-5, `${x.join()} and ${plain.join()}`); // what ε takes of sums around 1
  }
});

it('XGrad-CAM keeps to its second axiom, conservation, where the score is linear in the layer: Σ_k α_k ΣA_k = y − y(0)', async () => {
  const net = { ...evidence(), input: { ...evidence().input, data: evidence().input.data.map(Math.abs) } };
  const [alpha] = await coefficientsOf(xgradCam, net, logit(0));
  const total = net.input.data.reduce((a, b) => a + b, 0);
  const score =
    net.head(net.input.data, logit(0)) -
    net.head(
      net.input.data.map(() => 0),
      logit(0),
    );
  assert.ok(Math.abs(alpha! * total - score) < 1e-4);
});
