import assert from 'node:assert/strict';
import { it } from 'node:test';
import { hiddenGap, linearGap, type ClosedForm } from '../../../../test/nets/closed-form.ts';
import { contextOf, only } from '../../../../test/suites/harness.ts';
import liftCam from '../src/index.ts';

const target = { weights: [[1, 1]], of: 'logit' } as const;
const coefficientsOf = async ({ model, input }: ClosedForm): Promise<Float32Array> =>
  (await liftCam.explain(only(model, ['multipliers']), input, target, { layer: 'auto' }, contextOf(undefined)))
    .coefficients!.data;

/** The Shapley values of the channels, by all orders in which they can come. */
async function shapley({ model, input, head }: ClosedForm): Promise<number[]> {
  const { activation } = await model.tap(input, target, 'auto');
  const plane = activation.dims[2]! * activation.dims[3]!;
  const score = (channels: readonly number[]): number =>
    head(
      activation.data.map((v, i) => (channels.includes(Math.floor(i / plane)) ? v : 0)),
      target,
    );
  const orders = [
    [0, 1, 2],
    [0, 2, 1],
    [1, 0, 2],
    [1, 2, 0],
    [2, 0, 1],
    [2, 1, 0],
  ];
  const gain = (order: readonly number[], k: number): number => {
    const before = order.slice(0, order.indexOf(k));
    return score([...before, k]) - score(before);
  };
  return [0, 1, 2].map((k) => orders.reduce((sum, order) => sum + gain(order, k) / orders.length, 0));
}

it('LIFT-CAM’s coefficients are the SHAP values where the head is linear', async () => {
  const net = linearGap();
  const [lift, shap] = [await coefficientsOf(net), await shapley(net)];
  shap.forEach((value, k) => assert.ok(Math.abs(lift[k]! - value) < 1e-6, `channel ${k}: ${lift[k]} and ${value}`));
});

it('LIFT-CAM’s coefficients add up to what the SHAP values add up to where the head is not linear, and differ from them', async () => {
  const net = hiddenGap();
  const [lift, shap] = [await coefficientsOf(net), await shapley(net)];
  const total = (values: Iterable<number>): number => [...values].reduce((a, b) => a + b, 0);
  assert.ok(Math.abs(total(lift) - total(shap)) < 1e-5, `${total(lift)} and ${total(shap)}`);
  assert.ok(shap.some((value, k) => Math.abs(lift[k]! - value) > 1e-3));
});
