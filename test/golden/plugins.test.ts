import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, before, describe, it, type TestContext } from 'node:test';
import { Engine } from '../../packages/core/src/engine/engine.ts';
import type { AttributionData, Evaluation } from '../../packages/core/src/engine/types.ts';
import { defineMethod, tensor, type Tensor } from '../../packages/core/src/plugin/index.ts';
import gradCam from '../../packages/methods/grad-cam/src/index.ts';
import integratedGradients from '../../packages/methods/integrated-gradients/src/index.ts';
import liftCam from '../../packages/methods/lift-cam/src/index.ts';
import rise from '../../packages/methods/rise/src/index.ts';
import averageDrop from '../../packages/metrics/average-drop/src/index.ts';
import deletion from '../../packages/metrics/deletion/src/index.ts';
import insertion from '../../packages/metrics/insertion/src/index.ts';
import { compare, goldenNet, skip, type GoldenCase } from './cases.ts';

/** Whole networks from their .onnx files, against the papers' own code in PyTorch, each number within the tolerance stored with it. */
const names = ['squeezenet1.1-catdog', 'resnet18-val1', 'mobilenetv2-val4'];

/** No plugin of its own yet: what every gradient method stands on. */
const gradient = defineMethod({
  name: 'plain-gradient',
  title: 'Gradient',
  paper: 'https://arxiv.org/abs/1312.6034',
  needs: ['gradient'],
  claims: [],
  options: {},
  display: 'magnitude',
  async explain(model, input, target) {
    const { gradient: g } = await model.gradient(input, target);
    return { map: tensor(g.dims.slice(1), g.data) };
  },
});

if (skip) describe('plugins on whole networks', { skip }, () => undefined);
else for (const name of names) describe(`plugins on ${name}`, () => netSuite(name));

function netSuite(name: string): void {
  const net = goldenNet(name);
  const engine = new Engine();
  for (const plugin of [gradient, gradCam, liftCam, integratedGradients, rise, deletion, insertion, averageDrop]) {
    engine.register(plugin);
  }
  before(async () => void (await engine.load(new Uint8Array(readFileSync(net.model)))));
  after(() => engine.dispose());

  for (const golden of net.classes) {
    const explain = (method: string, options: Readonly<Record<string, unknown>> = {}): Promise<AttributionData> =>
      engine.explain(net.input, { method, target: golden.index, options });

    for (const [method, short] of [
      ['grad-cam', 'gradcam'],
      ['lift-cam', 'lift'],
    ] as const) {
      for (const layer of golden.layers(`${short}_raw`)) {
        it(`${golden.name}: ${method} at ${layer}`, async (t) => {
          const { map, coefficients } = await explain(method, { layer });
          within(t, golden, `${layer}/${short}_weights`, coefficients!.data);
          within(t, golden, `${layer}/${short}_raw`, map.data);
        });
      }
    }

    it(`${golden.name}: the gradient`, async (t) => {
      within(t, golden, 'gradient_raw', (await explain('plain-gradient')).map.data);
    });

    it(`${golden.name}: integrated gradients, 16 midpoints`, async (t) => {
      const { map } = await explain('integrated-gradients', { steps: 16, rule: 'midpoint' });
      within(t, golden, 'ig16_raw', map.data);
    });

    it(`${golden.name}: RISE with the masks that were drawn then`, async (t) => {
      const fixed = { bits: golden.tensor('rise_bits'), shifts: golden.tensor('rise_shifts') };
      const { map, extras } = await explain('rise', fixed);
      within(t, golden, 'rise_scores', (extras!['scores'] as Tensor).data);
      within(t, golden, 'rise_map', map.data);
    });
  }

  const { metrics } = net;
  const evaluate = (metric: string, options: Readonly<Record<string, unknown>> = {}): Promise<Evaluation> =>
    engine.evaluate({ metric, input: net.input, map: metrics.map, target: metrics.index, options });
  const near = (t: TestContext, key: string, actual: number): void => {
    const { value, tolerance } = metrics.value(key);
    t.diagnostic(`${key}: ${actual}, stored ${value}, allowed ${tolerance}`);
    assert.ok(Math.abs(actual - value) <= tolerance, `${key}: ${actual}, not ${value} (allowed ${tolerance})`);
  };
  const sameCurve = (t: TestContext, key: string, { details }: Evaluation): void => {
    const { difference } = compare(details['curve'] as readonly number[], metrics.curve(key).data, 'max abs <= 1e-4');
    t.diagnostic(`${key}: max abs ${difference}, allowed 1e-4`);
    assert.ok(difference <= 1e-4, `${key}: ${difference}`);
  };

  it(`${name}: deletion, 1792 pixels a step`, async (t) => {
    const result = await evaluate('deletion');
    near(t, 'del_auc_step1792', result.value);
    sameCurve(t, 'del_scores_step1792', result);
  });

  it(`${name}: insertion, 1792 pixels a step onto RISE’s blur`, async (t) => {
    const result = await evaluate('insertion');
    near(t, 'ins_auc_step1792', result.value);
    sameCurve(t, 'ins_scores_step1792', result);
  });

  it(`${name}: deletion and insertion as in LIFT-CAM, 41 shares against zero`, async (t) => {
    const [gone, back] = [
      await evaluate('deletion', { variant: 'lift' }),
      await evaluate('insertion', { variant: 'lift' }),
    ];
    near(t, 'lift_del_auc', gone.value);
    near(t, 'lift_ins_auc', back.value);
    sameCurve(t, 'lift_del_scores', gone);
    sameCurve(t, 'lift_ins_scores', back);
  });

  it(`${name}: average drop, increase and drop in deletion under the map itself`, async (t) => {
    const { value, details } = await evaluate('average-drop');
    const part = details as Readonly<Record<string, number>>;
    for (const key of ['Y', 'O', 'D']) near(t, key, part[key]!);
    near(t, 'average_drop_term', value);
    near(t, 'increase_term', part['increase']!);
    near(t, 'add_term', part['add']!);
  });

  it(`${name}: average drop and increase under the top 15 % of the pixels`, async (t) => {
    const { value, details } = await evaluate('average-drop', { mask: 'top', fraction: 0.15 });
    const part = details as Readonly<Record<string, number>>;
    near(t, 'O_15pct', part['O']!);
    near(t, 'drop15', value);
    near(t, 'increase15', part['increase']!);
  });
}

/** Skips, visibly, where results.json says that an entry must not be tested. */
function within(t: TestContext, golden: GoldenCase, name: string, actual: ArrayLike<number>): void {
  const { array, tolerance, unusable } = golden.entry(name);
  if (unusable) return t.skip(`${name}: ${unusable}`);
  const { difference, allowed, measure } = compare(actual, array.data, tolerance);
  t.diagnostic(`${name}: ${measure} ${difference.toExponential(1)}, allowed ${allowed}`);
  assert.ok(difference <= allowed, `${name}: ${measure} ${difference}, allowed ${allowed}`);
}
