import assert from 'node:assert/strict';
import { it } from 'node:test';
import { random } from '@sightline/core';
import { tensor } from '@sightline/core/plugin';
import { linearGap } from '../../../../test/nets/closed-form.ts';
import { coefficientsOf, distance, logit } from '../../../../test/suites/cams.ts';
import liftCam from '../../lift-cam/src/index.ts';
import { lasso } from '../src/lasso.ts';
import limeCam from '../src/index.ts';

it('LIME-CAM without regularisation finds a linear head’s weights', async () => {
  const net = linearGap();
  for (const index of [0, 1, 2]) {
    const options = { samples: 64, regularisation: 0 };
    const lime = await coefficientsOf(limeCam, net, logit(index), options);
    assert.ok(distance(lime, await coefficientsOf(liftCam, net, logit(index))) < 1e-4);
  }
});

it('LIME-CAM’s regularisation leaves out the channels that matter least, and then all', async () => {
  const net = linearGap();
  const some = await coefficientsOf(limeCam, net, logit(0), { samples: 64, regularisation: 0.01 });
  const none = await coefficientsOf(limeCam, net, logit(0), { samples: 64, regularisation: 1e3 });
  assert.ok(some.some((v) => v !== 0));
  assert.equal(distance(none, [0, 0, 0]), 0);
});

it('the Lasso of an orthogonal design cuts each least-squares weight by λ: its closed form', () => {
  // Columns of ±1, orthogonal and of mean 0: the weights are soft(mean x_k y, λ).
  const X = [1, 1, 1, -1, -1, 1, -1, -1];
  const truth = [0.5, -0.05];
  const y = Float64Array.from([0, 1, 2, 3], (n) => 3 + truth[0]! * X[2 * n]! + truth[1]! * X[2 * n + 1]!);
  const alpha = lasso(tensor([4, 2], X), y, new Float64Array(4).fill(7), 0.1);
  assert.ok(distance(alpha, [0.4, 0]) < 1e-6);
});

it('the Lasso counts a sample of weight 2 as two of weight 1', () => {
  const rows = [1, 0, 0, 1, 1, 1, 0, 0];
  const y = [1, 3, 2, 0.5];
  const weighted = lasso(tensor([4, 2], rows), Float64Array.from(y), Float64Array.of(2, 1, 1, 1), 0.05);
  const repeated = lasso(
    tensor([5, 2], [1, 0, ...rows]),
    Float64Array.from([1, ...y]),
    new Float64Array(5).fill(1),
    0.05,
  );
  assert.ok(distance(weighted, repeated) < 1e-5);
});

it('the Lasso gives 0 to a channel that every sample kept, whatever rounding leaves of it', () => {
  const rng = random(3);
  for (let trial = 0; trial < 50; trial++) {
    const X = tensor(
      [6, 4],
      Float32Array.from({ length: 24 }, (_, i) => (i % 4 === 0 ? 1 : Number(rng.next() < 0.5))),
    );
    const drawn = (): Float64Array => Float64Array.from({ length: 6 }, () => rng.next());
    assert.equal(lasso(X, drawn(), drawn(), 0)[0], 0);
  }
});
