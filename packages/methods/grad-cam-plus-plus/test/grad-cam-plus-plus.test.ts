import assert from 'node:assert/strict';
import { it } from 'node:test';
import { hiddenGap, linearGap } from '../../../../test/nets/closed-form.ts';
import { coefficientsOf, distance, logit } from '../../../../test/suites/cams.ts';
import gradCam from '../../grad-cam/src/index.ts';
import gradCamPlusPlus from '../src/index.ts';

it('Grad-CAM++ with weights that add up to 1 is the positive part of Grad-CAM where the gradient is the same everywhere', async () => {
  for (const net of [linearGap(), hiddenGap()]) {
    for (const index of [0, 1, 2]) {
      const plain = (await coefficientsOf(gradCam, net, logit(index))).map((w) => Math.max(w, 0));
      assert.ok(distance(await coefficientsOf(gradCamPlusPlus, net, logit(index)), plain) < 1e-6);
    }
  }
});

it('Grad-CAM++ without that is Z · g³ / (2 g² + g³ ΣA + ε) there', async () => {
  const net = linearGap();
  const { activation: A, gradient } = await net.model.tap(net.input, logit(1), 'auto');
  const expected = [0, 1, 2].map((k) => {
    const g = Math.max(gradient.data[k * 16]!, 0);
    const total = A.data.subarray(k * 16, (k + 1) * 16).reduce((a, b) => a + b, 0);
    return g === 0 ? 0 : (16 * g ** 3) / (2 * g ** 2 + g ** 3 * total + 1e-6);
  });
  const options = { variant: 'unnormalised' };
  assert.ok(distance(await coefficientsOf(gradCamPlusPlus, net, logit(1), options), expected) < 1e-6);
  assert.ok(expected.some((w) => w > 0));
});
