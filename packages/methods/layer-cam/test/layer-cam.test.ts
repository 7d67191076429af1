import assert from 'node:assert/strict';
import { it } from 'node:test';
import { hiddenGap } from '../../../../test/nets/closed-form.ts';
import { distance, explained, logit } from '../../../../test/suites/cams.ts';
import layerCam from '../src/index.ts';

it('LayerCAM is Σ_k relu(g^k) ⊙ A^k, place by place', async () => {
  const net = hiddenGap();
  const { activation: A, gradient: g } = await net.model.tap(net.input, logit(0), 'auto');
  const expected = Array.from({ length: 16 }, (_, i) =>
    [0, 1, 2].reduce((sum, k) => sum + Math.max(0, g.data[k * 16 + i]!) * A.data[k * 16 + i]!, 0),
  );
  assert.ok(distance((await explained(layerCam, net, logit(0))).map.data, expected) < 1e-6);
});

it('LayerCAM of several layers is on the picture’s grid, below 1, and the same layer twice adds nothing', async () => {
  const net = hiddenGap();
  const once = (await explained(layerCam, net, logit(0), { layer: ['a', 'b'], gamma: 3 })).map;
  const more = (await explained(layerCam, net, logit(0), { layer: ['a', 'b', 'c'], gamma: 3 })).map;
  assert.deepEqual(once.dims, [16, 16]);
  assert.deepEqual(once.data, more.data);
  assert.ok(once.data.every((v) => v >= 0 && v < Math.tanh(3) + 1e-6) && Math.max(...once.data) > 0.9);
});

it('LayerCAM takes one layer by its name, and no empty list', async () => {
  const net = hiddenGap();
  const [one, listed] = [
    await explained(layerCam, net, logit(1), { layer: 'a' }),
    await explained(layerCam, net, logit(1), { layer: ['a'] }),
  ];
  assert.deepEqual(one.map, listed.map);
  for (const bad of [[], [''], [3], { layer: 'a' }])
    await assert.rejects(async () => explained(layerCam, net, logit(1), { layer: bad }), { code: 'bad-option' });
});
