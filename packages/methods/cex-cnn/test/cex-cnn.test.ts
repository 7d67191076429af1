import assert from 'node:assert/strict';
import { it } from 'node:test';
import { asProbability } from '@sightline/core';
import type { Tensor } from '@sightline/core/plugin';
import { hiddenGap } from '../../../../test/nets/closed-form.ts';
import { coefficientsOf, distance, explained, logit, scoreWith } from '../../../../test/suites/cams.ts';
import cexCnn from '../src/index.ts';

const net = hiddenGap();
const likely = asProbability(logit(2));

it('CexCNN’s Δ are the probabilities that go with each filter', async () => {
  const p = await scoreWith(net, likely, [0, 1, 2]);
  const expected: number[] = [];
  for (const others of [
    [1, 2],
    [0, 2],
    [0, 1],
  ])
    expected.push(p - (await scoreWith(net, likely, others)));
  const { extras } = await explained(cexCnn, net, logit(2));
  assert.ok(distance((extras!['delta'] as Tensor).data, expected) < 1e-6);
});

it('CexCNN keeps the filters that lose τ, and those alone', async () => {
  const { extras } = await explained(cexCnn, net, logit(2));
  const delta = [...(extras!['delta'] as Tensor).data];
  const [highest, second] = delta.toSorted((a, b) => b - a) as [number, number];
  assert.ok(highest > 0);
  const between = (highest + Math.max(second, 0)) / 2;
  const kept = await coefficientsOf(cexCnn, net, logit(2), { threshold: between });
  assert.ok(
    distance(
      kept,
      delta.map((d) => Number(d === highest) / 3),
    ) < 1e-7,
  );
});

it('CexCNN’s responsibility is 1 for a filter that loses τ alone, ½ for one that needs one other, 0 for one that helps', async () => {
  const keeping = [0.4, 0.3, 0.75]; // what is left of p = 0.7 without each filter: Δ = 0.3, 0.4, −0.05
  const activation = await net.model.activation(net.input, 'auto');
  const model = {
    ...net.model,
    tail: async () => ({
      activation,
      score: 0.7,
      scores: async () => Float32Array.from(keeping),
      close: () => undefined,
    }),
  };
  const options = { variant: 'responsibility', threshold: 0.35 };
  const shares = await coefficientsOf(cexCnn, { ...net, model }, logit(2), options);
  assert.ok(distance(shares, [0, 1 / 3, 0]) < 1e-7); // nobody below τ but the first, so nobody can help it
  const joint = await coefficientsOf(cexCnn, { ...net, model }, logit(2), { ...options, threshold: 0.6 });
  assert.ok(distance(joint, [1 / 6, 1 / 6, 0]) < 1e-7);
});
