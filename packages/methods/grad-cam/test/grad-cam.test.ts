import assert from 'node:assert/strict';
import { it } from 'node:test';
import { linearGap } from '../../../../test/nets/closed-form.ts';
import { contextOf, only } from '../../../../test/suites/harness.ts';
import { size } from '@sightline/core/plugin';
import gradCam from '../src/index.ts';

it('Grad-CAM on global average pooling and one linear layer is CAM, divided by the number of positions', async () => {
  const { model, input, head } = linearGap();
  for (const index of [0, 1, 2]) {
    const target = { weights: [[index, 1]], of: 'logit' } as const;
    const { map, coefficients } = await gradCam.explain(
      only(model, ['tap']),
      input,
      target,
      { layer: 'auto' },
      contextOf(undefined),
    );
    const { activation } = await model.tap(input, target, 'auto');
    const [, K, h, w] = activation.dims as readonly [number, number, number, number];
    // The linear layer's weights, read off the head: the score that one channel of ones adds.
    const bias = head(new Float32Array(size(activation.dims)), target);
    const weights = Array.from(
      { length: K },
      (_, k) =>
        head(
          activation.data.map((_, i) => Number(Math.floor(i / (h * w)) === k)),
          target,
        ) - bias,
    );
    weights.forEach((weight, k) => assert.ok(Math.abs(coefficients!.data[k]! - weight / (h * w)) < 1e-6));
    map.data.forEach((value, i) => {
      const cam = weights.reduce((sum, weight, k) => sum + weight * activation.data[k * h * w + i]!, 0);
      assert.ok(Math.abs(value - cam / (h * w)) < 1e-6);
    });
  }
});
