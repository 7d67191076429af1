import assert from 'node:assert/strict';
import { it } from 'node:test';
import { hiddenGap, linearGap } from '../../../../test/nets/closed-form.ts';
import { coefficientsOf, distance, logit, shapley, sum } from '../../../../test/suites/cams.ts';
import liftCam from '../src/index.ts';

it('LIFT-CAM’s coefficients are the SHAP values where the head is linear', async () => {
  const net = linearGap();
  for (const index of [0, 1, 2]) {
    const [lift, shap] = [await coefficientsOf(liftCam, net, logit(index)), await shapley(net, logit(index))];
    assert.ok(distance(lift, shap) < 1e-6, `${lift.join()} and ${shap.join()}`);
  }
});

it('LIFT-CAM’s coefficients add up to what the SHAP values add up to where the head is not linear, and differ from them', async () => {
  const net = hiddenGap();
  const [lift, shap] = [await coefficientsOf(liftCam, net, logit(1)), await shapley(net, logit(1))];
  assert.ok(Math.abs(sum(lift) - sum(shap)) < 1e-5, `${sum(lift)} and ${sum(shap)}`);
  assert.ok(distance(lift, shap) > 1e-3);
});

it('LIFT-CAM has a closed form on a linear head: the class’s weight times the mean of the channel', async () => {
  const net = linearGap();
  const [w, A] = [await net.model.classWeights(logit(2), 'auto'), await net.model.activation(net.input, 'auto')];
  const closed = [...w.data].map((weight, k) => (weight * sum(A.data.subarray(k * 16, (k + 1) * 16))) / 16);
  assert.ok(distance(await coefficientsOf(liftCam, net, logit(2)), closed) < 1e-6);
});
