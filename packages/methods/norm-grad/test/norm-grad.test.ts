import assert from 'node:assert/strict';
import { it } from 'node:test';
import { hiddenGap } from '../../../../test/nets/closed-form.ts';
import { explained, logit } from '../../../../test/suites/cams.ts';
import normGrad from '../src/index.ts';

it('NormGrad bounds the size of every contribution, and its selective variant: |a · g| ≤ ‖a‖ ‖g‖ and ‖relu(a ⊙ g)‖ ≤ ‖a‖ ‖g‖', async () => {
  const net = hiddenGap();
  const { activation: A, gradient: g } = await net.model.tap(net.input, logit(1), 'auto');
  const plain = (await explained(normGrad, net, logit(1))).map.data;
  const selective = (await explained(normGrad, net, logit(1), { variant: 'selective' })).map.data;
  plain.forEach((norm, i) => {
    const at = [0, 1, 2].map((k) => A.data[k * 16 + i]! * g.data[k * 16 + i]!);
    assert.ok(Math.abs(at.reduce((a, b) => a + b)) <= norm * (1 + 1e-6) + 1e-9);
    assert.ok(selective[i]! <= norm * (1 + 1e-6) + 1e-9);
    const squares = at.reduce((a, b) => a + Math.max(b, 0) ** 2, 0);
    assert.ok(Math.abs(selective[i]! - Math.sqrt(squares)) < 1e-6);
  });
});
