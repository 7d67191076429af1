import assert from 'node:assert/strict';
import { it } from 'node:test';
import { asProbability } from '@sightline/core';
import { blended, masksOf } from '../../../../test/nets/masks.ts';
import { hiddenGap, linearGap } from '../../../../test/nets/closed-form.ts';
import { coefficientsOf, distance, logit } from '../../../../test/suites/cams.ts';
import { tensor } from '@sightline/core/plugin';
import scoreCam from '../src/index.ts';

it('Score-CAM’s coefficients are the probabilities of the picture under each channel', async () => {
  for (const net of [linearGap(), hiddenGap()]) {
    const A = await net.model.activation(net.input, 'auto');
    const masks = masksOf({ maps: tensor([3, 4, 4], A.data) }, [2, 16, 16]);
    const expected: number[] = [];
    for (const mask of masks)
      expected.push((await net.model.score(blended(net.input, mask), asProbability(logit(2))))[0]!);
    assert.ok(distance(await coefficientsOf(scoreCam, net, logit(2)), expected) < 1e-6);
  }
});

it('Score-CAM gives a constant channel no weight, and asks nothing about it', async () => {
  const net = linearGap();
  const A = await net.model.activation(net.input, 'auto');
  const flat = tensor(
    A.dims,
    A.data.map((v, i) => (i < 16 ? 2 : v)),
  );
  let asked = 0;
  const model = {
    ...net.model,
    activation: () => Promise.resolve(flat),
    maskedScore: (...given: Parameters<typeof net.model.maskedScore>) => {
      asked += (given[2] as { maps: { dims: readonly number[] } }).maps.dims[0]!;
      return net.model.maskedScore(...given);
    },
  };
  const [first, ...others] = await coefficientsOf(scoreCam, { ...net, model }, logit(0));
  assert.equal(first, 0);
  assert.ok(others.every((w) => w > 0));
  assert.equal(asked, 2);
});
