import assert from 'node:assert/strict';
import { it } from 'node:test';
import { quadratic } from '../../../../test/nets/closed-form.ts';
import { contextOf, only } from '../../../../test/suites/harness.ts';
import { tensor, type Tensor } from '@sightline/core/plugin';
import integratedGradients from '../src/index.ts';

const { model, input, truth } = quadratic();
const target = { weights: [[1, 1]], of: 'logit' } as const;
type Rule = 'midpoint' | 'gauss-legendre' | 'endpoints';
const explain = async (rule: Rule, steps: number, baseline = 0, reference?: Tensor): Promise<Float32Array> => {
  const options = { rule, steps, baseline, reference };
  return (await integratedGradients.explain(only(model, ['gradient']), input, target, options, contextOf(undefined)))
    .map.data;
};
const near = (actual: Float32Array, expected: Float32Array): void =>
  actual.forEach((v, i) => assert.ok(Math.abs(v - expected[i]!) < 1e-5, `element ${i}: ${v}, not ${expected[i]}`));

for (const [rule, steps] of [
  ['midpoint', 1],
  ['midpoint', 13],
  ['gauss-legendre', 1],
  ['gauss-legendre', 50],
  ['endpoints', 9],
] as const) {
  it(`Integrated Gradients of ½ Σ a x² against 0 is ½ a x², exactly, with ${steps} points by the rule ${rule}`, async () => {
    near(await explain(rule, steps), truth(1));
  });
}

it('Integrated Gradients of ½ Σ a x² against x′ is ½ a (x² − x′²), with x′ a number or a picture', async () => {
  const expected = (reference: Tensor): Float32Array => {
    return truth(1).map((whole, i) => whole * (1 - (reference.data[i]! / input.data[i]!) ** 2));
  };
  near(await explain('midpoint', 4, 0.3), expected(tensor(input.dims, 0.3)));
  const picture = tensor(
    input.dims,
    input.data.map((_, i) => Math.sin(i)),
  );
  near(await explain('midpoint', 4, 0, picture), expected(picture));
});

it('Integrated Gradients gives exactly 0 where the picture is the baseline', async () => {
  assert.ok((await explain('midpoint', 5, 0, input)).every((v) => v === 0));
});

it('Integrated Gradients refuses a reference of another size, by name', async () => {
  await assert.rejects(explain('midpoint', 5, 0, tensor([2, 3], 0)), { code: 'bad-option', message: /reference/ });
});
