import assert from 'node:assert/strict';
import { it } from 'node:test';
import { asProbability } from '@sightline/core';
import { tensor } from '@sightline/core/plugin';
import { blended, masksOf } from '../../../../test/nets/masks.ts';
import { hiddenGap } from '../../../../test/nets/closed-form.ts';
import { coefficientsOf, explained, logit } from '../../../../test/suites/cams.ts';
import gradCam from '../../grad-cam/src/index.ts';
import groupCam from '../src/index.ts';

it('Group-CAM of one group is the positive part of Grad-CAM, times what it brings back', async () => {
  const net = hiddenGap();
  const plain = (await explained(gradCam, net, logit(0))).map.data.map((v) => Math.max(v, 0));
  const [mask] = masksOf({ maps: tensor([1, 4, 4], plain) }, [2, 16, 16]);
  const likely = asProbability(logit(0));
  const [seen] = await net.model.score(blended(net.input, mask!), likely);
  const [nothing] = await net.model.score(tensor(net.input.dims), likely);
  const { map, extras } = await explained(groupCam, net, logit(0), { groups: 1, baseline: 'zero' });
  const gain = Math.max(seen! - nothing!, 0);
  assert.ok(gain > 0);
  assert.ok(Math.abs((extras!['scores'] as { data: Float32Array }).data[0]! - gain) < 1e-6);
  map.data.forEach((v, i) => assert.ok(Math.abs(v - gain * plain[i]!) < 1e-6));
});

it('Group-CAM makes at most as many groups as channels', async () => {
  const net = hiddenGap();
  const { extras } = await explained(groupCam, net, logit(0));
  assert.deepEqual((extras!['scores'] as { dims: readonly number[] }).dims, [3]);
  // Two channels a group, for fewer than three groups: two of them, and none that is empty.
  const two = await explained(groupCam, net, logit(0), { groups: 2 });
  assert.deepEqual((two.extras!['scores'] as { dims: readonly number[] }).dims, [2]);
  assert.equal((await coefficientsOf(gradCam, net, logit(0))).length, 3);
});
