import assert from 'node:assert/strict';
import { it } from 'node:test';
import { linearGap } from '../../../../test/nets/closed-form.ts';
import { coefficientsOf, distance, logit } from '../../../../test/suites/cams.ts';
import liftCam from '../../lift-cam/src/index.ts';
import wgradCam from '../src/index.ts';

it('WGrad-CAM on a linear head is LIFT-CAM, divided by the number of positions', async () => {
  for (const index of [0, 1, 2]) {
    const lift = (await coefficientsOf(liftCam, linearGap(), logit(index))).map((v) => v / 16);
    assert.ok(distance(await coefficientsOf(wgradCam, linearGap(), logit(index)), lift) < 1e-6);
  }
});
