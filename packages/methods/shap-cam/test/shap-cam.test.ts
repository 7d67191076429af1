import assert from 'node:assert/strict';
import { it } from 'node:test';
import { tensor } from '@sightline/core/plugin';
import { hiddenGap, linearGap } from '../../../../test/nets/closed-form.ts';
import {
  coefficientsOf,
  distance,
  explained,
  logit,
  orders,
  scoreWith,
  shapley,
  sum,
} from '../../../../test/suites/cams.ts';
import shapCam from '../src/index.ts';

it('SHAP-CAM over all orders has the Shapley values', async () => {
  const permutations = tensor([6, 3], orders.flat());
  for (const net of [linearGap(), hiddenGap()]) {
    const exact = await shapley(net, logit(1));
    assert.ok(distance(await coefficientsOf(shapCam, net, logit(1), { permutations }), exact) < 1e-5);
  }
});

it('SHAP-CAM of one order is exact on a linear head, adds up on any, and is not exact on any', async () => {
  const one = { orderings: 1 };
  assert.ok(
    distance(await coefficientsOf(shapCam, linearGap(), logit(2), one), await shapley(linearGap(), logit(2))) < 1e-5,
  );
  const net = hiddenGap();
  const alpha = await coefficientsOf(shapCam, net, logit(2), one);
  const whole = (await scoreWith(net, logit(2), [0, 1, 2])) - (await scoreWith(net, logit(2), []));
  assert.ok(Math.abs(sum(alpha) - whole) < 1e-5);
  assert.ok(distance(alpha, await shapley(net, logit(2))) > 1e-3);
});

it('SHAP-CAM’s antithetic orders are each other’s reverse: two of them are exact for pairs of channels', async () => {
  const net = hiddenGap();
  const both = await coefficientsOf(shapCam, net, logit(0), { orderings: 2, antithetic: true });
  const pairs: number[][] = [];
  for (const order of orders) {
    const permutations = tensor([2, 3], [...order, ...order.toReversed()]);
    pairs.push(await coefficientsOf(shapCam, net, logit(0), { permutations }));
  }
  assert.ok(pairs.some((pair) => distance(pair, both) < 1e-6));
});

it('SHAP-CAM refuses orders that are none, by name', async () => {
  for (const permutations of [tensor([1, 2]), tensor([1, 3], [0, 0, 1]), tensor([3], [0, 1, 2])]) {
    await assert.rejects(
      explained(shapCam, linearGap(), logit(0), { permutations }),
      (error: Error & { code: string }) => {
        return error.code === 'bad-option' && error.message.includes('permutations');
      },
    );
  }
});
