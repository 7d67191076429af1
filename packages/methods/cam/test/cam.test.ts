import assert from 'node:assert/strict';
import { it } from 'node:test';
import { hiddenGap, linearGap } from '../../../../test/nets/closed-form.ts';
import { coefficientsOf, distance, explained, logit } from '../../../../test/suites/cams.ts';
import gradCam from '../../grad-cam/src/index.ts';
import cam from '../src/index.ts';

it('CAM on a linear head is Grad-CAM, times the number of positions', async () => {
  const net = linearGap();
  for (const index of [0, 1, 2]) {
    const { map } = await explained(cam, net, logit(index));
    const gradient = (await explained(gradCam, net, logit(index))).map.data.map((v) => v * 16);
    assert.ok(distance(map.data, gradient) < 1e-5);
  }
});

it('CAM of one class against another has the difference of their weights', async () => {
  const net = linearGap();
  const [one, other] = [await coefficientsOf(cam, net, logit(0)), await coefficientsOf(cam, net, logit(2))];
  const both = await coefficientsOf(cam, net, {
    weights: [
      [0, 1],
      [2, -1],
    ],
    of: 'logit',
  });
  assert.ok(
    distance(
      both,
      one.map((w, k) => w - other[k]!),
    ) < 1e-6,
  );
});

it('CAM refuses a head that is not linear', async () => {
  await assert.rejects(explained(cam, hiddenGap(), logit(0)), { code: 'unsupported' });
});
