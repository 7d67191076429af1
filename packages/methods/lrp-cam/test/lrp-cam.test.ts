import assert from 'node:assert/strict';
import { it } from 'node:test';
import { hiddenGap, linearGap } from '../../../../test/nets/closed-form.ts';
import { coefficientsOf, distance, logit, scoreWith, shapley, sum } from '../../../../test/suites/cams.ts';
import { tensor } from '@sightline/core/plugin';
import liftCam from '../../lift-cam/src/index.ts';
import lrpCam from '../src/index.ts';

it('LRP-CAM has the SHAP values on a linear head: relevance is weight times mean activation', async () => {
  for (const index of [0, 1, 2])
    assert.ok(
      distance(await coefficientsOf(lrpCam, linearGap(), logit(index)), await shapley(linearGap(), logit(index))) <
        1e-5,
    );
});

it('LRP-CAM is LIFT-CAM where a picture switches the hidden units as zeros do, and loses what the biases keep where it does not', async () => {
  const alike = hiddenGap();
  const other = {
    ...alike,
    input: tensor(
      alike.input.dims,
      alike.input.data.map((v) => -v),
    ),
  };
  for (const index of [0, 1, 2]) {
    const [lrp, lift] = [
      await coefficientsOf(lrpCam, alike, logit(index)),
      await coefficientsOf(liftCam, alike, logit(index)),
    ];
    assert.ok(distance(lrp, lift) < 1e-5);
    const whole = (await scoreWith(other, logit(index), [0, 1, 2])) - (await scoreWith(other, logit(index), []));
    assert.ok(Math.abs(sum(await coefficientsOf(liftCam, other, logit(index))) - whole) < 1e-5);
    assert.ok(Math.abs(sum(await coefficientsOf(lrpCam, other, logit(index))) - whole) > 1e-3);
  }
});
