import assert from 'node:assert/strict';
import { it } from 'node:test';
import { constant, linearGap, type ClosedForm } from '../../../../test/nets/closed-form.ts';
import { contextOf, only } from '../../../../test/suites/harness.ts';
import { tensor, type Tensor } from '@sightline/core/plugin';
import rise from '../src/index.ts';

const target = { weights: [[0, 1]], of: 'logit' } as const;
const defaults = {
  masks: 200,
  cells: 4,
  probability: 0.5,
  score: 'probability',
  seed: 5,
  bits: undefined,
  shifts: undefined,
} as const;
const explain = (
  { model, input }: ClosedForm,
  options: { masks?: number; probability?: number; bits?: Tensor; shifts?: Tensor } = {},
) => rise.explain(only(model, ['maskedSum']), input, target, { ...defaults, ...options }, contextOf(5));

/** One mask by the book: each pixel interpolated in the grid on its own, then cropped. */
function maskByTheBook(
  bits: readonly number[],
  s: number,
  length: number,
  [dy, dx]: readonly [number, number],
): number[] {
  const whole = (s + 1) * Math.ceil(length / s);
  const mirrored = (j: number): number => (j < 0 ? -j : j > s - 1 ? 2 * (s - 1) - j : j);
  const bit = (y: number, x: number): number => bits[mirrored(y) * s + mirrored(x)]!;
  return Array.from({ length: length * length }, (_, i) => {
    const [y, x] = [Math.floor(i / length) + dy, (i % length) + dx].map((at) => ((at + 0.5) * s) / whole - 0.5) as [
      number,
      number,
    ];
    const [y0, x0, v, u] = [Math.floor(y), Math.floor(x), y - Math.floor(y), x - Math.floor(x)];
    const upper = (1 - u) * bit(y0, x0) + u * bit(y0, x0 + 1);
    const lower = (1 - u) * bit(y0 + 1, x0) + u * bit(y0 + 1, x0 + 1);
    return (1 - v) * upper + v * lower;
  });
}

it('RISE is 1/(N p) Σ f(x ⊙ M) · M with every mask written out, for grids and shifts handed in', async () => {
  const net = linearGap();
  const [N, s, side] = [5, 3, 16]; // cells of ceil(16 / 3) = 6
  const bits = Array.from({ length: N * s * s }, (_, i) => Number((i * 7) % 5 < 2));
  const shifts = Array.from({ length: N * 2 }, (_, i) => (i * 5) % 6);
  const { map } = await explain(net, {
    bits: tensor([N, s, s], bits),
    shifts: tensor([N, 2], shifts),
    probability: 0.4,
  });
  const expected = new Float64Array(side * side);
  for (let n = 0; n < N; n++) {
    const mask = maskByTheBook(bits.slice(n * 9, n * 9 + 9), s, side, [shifts[2 * n]!, shifts[2 * n + 1]!]);
    const masked = tensor(
      net.input.dims,
      net.input.data.map((v, i) => v * mask[i % mask.length]!),
    );
    const [p] = await net.model.score(masked, { ...target, of: 'probability' });
    mask.forEach((m, i) => (expected[i]! += (p! * m) / (N * 0.4)));
  }
  expected.forEach((value, i) =>
    assert.ok(Math.abs(map.data[i]! - value) < 1e-6, `pixel ${i}: ${map.data[i]}, not ${value}`),
  );
});

it('RISE with every bit set and p = 1 is the score itself at every pixel', async () => {
  const net = linearGap();
  const [score] = await net.model.score(net.input, { ...target, of: 'probability' });
  const { map } = await explain(net, { bits: tensor([3, 4, 4], 1), probability: 1 });
  assert.ok(map.data.every((v) => Math.abs(v - score!) < 1e-6));
});

it('RISE of a classifier that does not look tends to its constant score', async () => {
  const net = constant();
  const { map } = await explain(net, { masks: 4000 });
  assert.ok(map.data.every((v) => Math.abs(v - net.probability) < 0.03));
});

it('RISE refuses grids and shifts that do not fit, by name', async () => {
  const net = linearGap();
  const refused = (options: Record<string, Tensor>, name: RegExp) =>
    assert.rejects(explain(net, options), { code: 'bad-option', message: name });
  await refused({ bits: tensor([2, 4, 3], 1) }, /'bits' must be \[2, 4, 4\]/);
  await refused({ shifts: tensor([3, 2], 0) }, /'shifts' must be \[200, 2\]/);
  await refused({ bits: tensor([1, 4, 4], 1), shifts: tensor([1, 2], [0, 4]) }, /'shifts' must hold whole numbers/);
});
