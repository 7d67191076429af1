import assert from 'node:assert/strict';
import { it } from 'node:test';
import { referenceKernels } from '../../../core/src/backend/cpu/kernels.ts';
import { tensor } from '@sightline/core/plugin';
import { hiddenGap } from '../../../../test/nets/closed-form.ts';
import { distance, explained, logit } from '../../../../test/suites/cams.ts';
import cameras from '../src/index.ts';

it('CAMERAS at one size is Σ_k up(A_k) ⊙ up(g_k)', async () => {
  const net = hiddenGap();
  const { activation, gradient } = await net.model.tap(net.input, logit(1), 'auto');
  const up = (data: Float32Array) => referenceKernels().resize(tensor([3, 4, 4], data), [16, 16]).data;
  const [A, g] = [up(activation.data), up(gradient.data)];
  const expected = Array.from({ length: 256 }, (_, i) =>
    [0, 1, 2].reduce((sum, k) => sum + A[k * 256 + i]! * g[k * 256 + i]!, 0),
  );
  assert.ok(distance((await explained(cameras, net, logit(1), { sizes: 1 })).map.data, expected) < 1e-6);
});

it('CAMERAS asks for the picture at each size, enlarged', async () => {
  const net = hiddenGap();
  const seen: string[] = [];
  const tapAtSize: typeof net.model.tapAtSize = (input, target, layer) => {
    seen.push(input.dims.join(' × '));
    return net.model.tapAtSize(input, target, layer);
  };
  await explained(cameras, { ...net, model: { ...net.model, tapAtSize } }, logit(0), { sizes: 3, step: 5 });
  assert.deepEqual(seen, ['1 × 2 × 16 × 16', '1 × 2 × 21 × 21', '1 × 2 × 26 × 26']);
});
