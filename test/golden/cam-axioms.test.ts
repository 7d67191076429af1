import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { after, before, describe, it } from 'node:test';
import { Engine } from '../../packages/core/src/engine/engine.ts';
import { bindModel } from '../../packages/core/src/model/bind.ts';
import { Job } from '../../packages/core/src/model/job.ts';
import { classTarget } from '../../packages/core/src/model/target.ts';
import { planeMeans } from '../../packages/core/src/plugin/planes.ts';
import { random, tensor } from '../../packages/core/src/index.ts';
import { distance, sum } from '../suites/cams.ts';
import { shared } from './cases.ts';

/** What the papers prove of heads that are linear, on a whole network: methods that go different ways must meet. */
const model = new URL('models/resnet18_pqf.onnx', shared);
const skip = existsSync(model) ? false : `there is no ${model.pathname}`;
const methods = [
  'ablation-cam',
  'cam',
  'cameras',
  'grad-cam',
  'layer-cam',
  'lift-cam',
  'lrp-cam',
  'shap-cam',
  'xgrad-cam',
];

describe('axioms of CAMs on ResNet-18, whose head is linear', { skip }, () => {
  const engine = new Engine();
  const rng = random(3);
  const picture = tensor(
    [1, 3, 224, 224],
    Float32Array.from({ length: 3 * 224 * 224 }, () => rng.normal()),
  );
  const index = 65;
  before(async () => {
    for (const name of methods) {
      const url = new URL(`../../packages/methods/${name}/src/index.ts`, import.meta.url);
      engine.register(((await import(url.href)) as { default: unknown }).default);
    }
    await engine.load(new Uint8Array(readFileSync(model)));
  });
  after(() => engine.dispose());
  const explain = (method: string, options: Readonly<Record<string, unknown>> = {}) =>
    engine.explain(picture, { method, target: index, options });
  const coefficients = async (method: string, options = {}): Promise<Float32Array> =>
    (await explain(method, options)).coefficients!.data;
  /** float32 sums over the layer in other orders: 1e-5 of the largest. */
  const same = (a: ArrayLike<number>, b: Float32Array): boolean => distance(a, b) < 1e-5 * Math.max(...b.map(Math.abs));

  it('LIFT = SHAP of any order = Ablation · F(A) = LRP = class weight · mean activation', async () => {
    const lift = await coefficients('lift-cam');
    const { coefficients: ablation, extras } = await explain('ablation-cam');
    const score = extras!['score'] as number;
    assert.ok(same(await coefficients('shap-cam', { orderings: 1, seed: 9 }), lift));
    // Differences of logits around 5, each rounded to 5e-7, against coefficients around 0.1.
    assert.ok(
      distance(
        ablation!.data.map((v) => v * score),
        lift,
      ) < 5e-6,
    );
    assert.ok(same(await coefficients('lrp-cam'), lift));
    const bound = bindModel(new Job(engine.network, async () => undefined));
    const weights = await bound.classWeights(classTarget(index), 'auto');
    const means = planeMeans(await bound.activation(picture, 'auto'));
    assert.ok(
      same(
        weights.data.map((w, k) => w * means.data[k]!),
        lift,
      ),
    );
  });

  it('Σα = F(A) − F(0), where F(0) is the bias of the class', async () => {
    const bound = bindModel(new Job(engine.network, async () => undefined));
    const tail = await bound.tail(picture, classTarget(index), 'auto');
    const [nothing] = await tail.scores(tensor([1, tail.activation.dims[1]!]));
    tail.close();
    for (const method of ['lift-cam', 'shap-cam'])
      assert.ok(Math.abs(sum(await coefficients(method)) - (tail.score - nothing!)) < 1e-4);
  });

  it('XGrad-CAM = Grad-CAM where a channel is active (its ε makes silent ones 0), and Grad-CAM = CAM / positions', async () => {
    const gradient = await coefficients('grad-cam');
    const A = await bindModel(new Job(engine.network, async () => undefined)).activation(picture, 'auto');
    const active = planeMeans(A).data.map((mean) => Number(mean > 2e-3)); // a sum of 0.1: ε is 1e-5 of it
    assert.ok(active.includes(1));
    const masked = (values: Float32Array): Float32Array => values.map((v, k) => v * active[k]!);
    assert.ok(same(masked(await coefficients('xgrad-cam')), masked(gradient)));
    assert.ok(
      same(
        (await coefficients('cam')).map((w) => w / 49),
        gradient,
      ),
    );
  });

  it('CAMERAS compiles nothing for another class', async () => {
    await explain('cameras', { sizes: 2, step: 32 });
    const { compiled } = engine.network.programs;
    await engine.explain(picture, { method: 'cameras', target: 7, options: { sizes: 2, step: 32 } });
    assert.equal(engine.network.programs.compiled, compiled);
  });

  it('auto names the layer, for methods that fuse several too', async () => {
    assert.deepEqual((await explain('layer-cam')).options['layer'], ['layer4.1.relu']);
    assert.deepEqual((await explain('layer-cam', { layer: 'layer3.1.relu' })).options['layer'], ['layer3.1.relu']);
    await assert.rejects(explain('layer-cam', { layer: ['auto', 'layer4.1.rel'] }), { code: 'bad-layer' });
  });

  it('CAM refuses the layer before it, with the node in between', async () => {
    await assert.rejects(explain('cam', { layer: 'layer3.1.relu' }), {
      code: 'unsupported',
      message: /layer4\.1\.relu/,
    });
  });
});
