import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { after, describe, it } from 'node:test';
import { classTarget, Engine, random, SightlineError, tensor, type Preprocessing, type Tensor } from '@sightline/core';
import { bindModel } from '../../packages/core/src/model/bind.ts';
import { Job } from '../../packages/core/src/model/job.ts';
import gradCam from '../../packages/methods/grad-cam/src/index.ts';
import integratedGradients from '../../packages/methods/integrated-gradients/src/index.ts';
import liftCam from '../../packages/methods/lift-cam/src/index.ts';
import rise from '../../packages/methods/rise/src/index.ts';
import { shared, skip } from './cases.ts';
import { readNpy } from './npy.ts';

const models = new URL('models/', shared);
const files = skip ? [] : readdirSync(models).filter((name) => name.endsWith('.onnx'));
const quantised = (name: string): boolean => name.includes('int8');
const noPause = async (): Promise<void> => undefined;
const card = (name: string): Partial<Preprocessing> => {
  const cards = JSON.parse(readFileSync(new URL('models.json', models), 'utf8')) as Record<
    string,
    Partial<Preprocessing>
  >;
  const { mean255, std255, channelOrder } = cards[name.replace('.onnx', '')] ?? {};
  return { ...(mean255 && { mean255 }), ...(std255 && { std255 }), ...(channelOrder && { channelOrder }) };
};

/** Smooth coloured blobs in the network's range: a stand-in for a picture where no preprocessed one is stored. */
function blobs([c, h, w]: readonly [number, number, number], scale: number): Tensor {
  const rng = random(7);
  const waves = Array.from(
    { length: 4 * c },
    () => [rng.next() * 0.1, rng.next() * 0.1, rng.next() * 6, rng.normal()] as const,
  );
  return tensor(
    [1, c, h, w],
    Float32Array.from({ length: c * h * w }, (_, i) => {
      const [channel, y, x] = [Math.floor(i / (h * w)), Math.floor(i / w) % h, i % w];
      return (
        scale *
        waves
          .slice(4 * channel, 4 * channel + 4)
          .reduce((sum, [a, b, phase, size]) => sum + size * Math.sin(a * y + b * x + phase), 0)
      );
    }),
  );
}
const dot = (a: Float32Array, b: Float32Array): number => a.reduce((sum, v, i) => sum + v * b[i]!, 0);

describe('real networks on the CPU backend', { skip }, () => {
  const engine = new Engine();
  for (const method of [gradCam, liftCam, integratedGradients, rise]) engine.register(method);
  after(() => engine.dispose());
  const open = (name: string) =>
    engine.load(new Uint8Array(readFileSync(new URL(name, models))), { preprocessing: card(name) });
  const scaleOf = (name: string): number => (name.includes('winml') || name.includes('mnist') ? 50 : 1);

  for (const name of files.filter((f) => !quantised(f))) {
    it(`${name}: the gradient of the top logit tells how the logit moves`, async () => {
      const summary = await open(name);
      assert.equal(summary.undifferentiable, undefined);
      const model = bindModel(new Job(engine.network, noPause));
      const x = blobs(summary.input, scaleOf(name));
      const [top] = await engine.classify(x, 1);
      const target = classTarget(top!.index);
      const { gradient, score } = await model.gradient(x, target);
      // Float32 against a piecewise linear network: several step sizes, the best must agree, as kinks spoil some.
      const length = Math.sqrt(dot(gradient.data, gradient.data));
      const along = tensor(
        x.dims,
        gradient.data.map((g) => g / length),
      );
      const expected = dot(gradient.data, along.data);
      const errors = [];
      for (const step of [0.01, 0.003, 0.001].map((s) => s * scaleOf(name))) {
        const moved = (sign: number): Tensor =>
          tensor(
            x.dims,
            x.data.map((v, i) => v + sign * step * along.data[i]!),
          );
        const [[up], [down]] = [await model.score(moved(1), target), await model.score(moved(-1), target)];
        errors.push(Math.abs((up! - down!) / (2 * step) - expected) / Math.abs(expected));
      }
      assert.ok(Math.min(...errors) < 0.02, `${expected}: off by ${errors.join(', ')} (score ${score[0]})`);
    });

    it(`${name}: LIFT-CAM's coefficients add up to F(A) − F(0), and Grad-CAM fits the layer`, async () => {
      const summary = await open(name);
      const x = blobs(summary.input, scaleOf(name));
      const lift = await engine.explain(x, { method: 'lift-cam' });
      const cam = await engine.explain(x, { method: 'grad-cam' });
      const layer = summary.layers.find((l) => l.name === lift.options['layer'])!;
      assert.deepEqual(cam.map.dims, layer.dims.slice(1));
      assert.equal(lift.coefficients!.data.length, layer.dims[0]);
      const total = lift.coefficients!.data.reduce((a, b) => a + b, 0);
      const atZero = await zeroed(name, String(lift.options['layer']), lift.target.weights[0]![0]);
      const allowed = 1e-3 * Math.max(1, Math.abs(lift.logit) + Math.abs(atZero)); // float32 sums over a whole tail
      assert.ok(Math.abs(total - (lift.logit - atZero)) < allowed, `${total} for ${lift.logit} − ${atZero}`);
    });
  }

  /** The class's logit with the layer all zero: the tail alone, run on its own. */
  async function zeroed(name: string, layer: string, index: number): Promise<number> {
    const { network } = engine;
    const classifier = network.classifier(1, layer);
    const { rewrite, zeros, add, mul, expand, reduceSum } = await import('@sightline/core/graph');
    const at = classifier.layer!;
    const tail = rewrite([classifier.logits], (node) => (node.outputs[0] === at ? [zeros(at.dims)] : undefined))(
      classifier.logits,
    );
    // The picture stays an input of the program, without a say in it.
    const silent = expand(mul(0, reduceSum(classifier.picture, [0, 1, 2, 3], false)), tail.dims!);
    const { logits } = await new Job(network, noPause).run(
      `zeroed ${name} ${layer}`,
      () => ({ inputs: [classifier.picture], outputs: { logits: add(tail as typeof silent, silent) } }),
      {
        [classifier.picture.name!]: tensor(classifier.picture.dims),
      },
    );
    return logits!.data[index]!;
  }

  it('weights behind codebooks give the same logits as the same weights written out', async () => {
    const x = readNpy(new URL('golden/resnet18-val1/input.npy', shared));
    const input = tensor(x.dims, Float32Array.from(x.data));
    await open('resnet18_pqf.onnx');
    const plain = await engine.classify(input, 5);
    await open('resnet18_pqf_compact.onnx');
    const compact = await engine.classify(input, 5);
    plain.forEach((p, i) => {
      assert.equal(compact[i]!.index, p.index);
      assert.ok(
        Math.abs(compact[i]!.logit - p.logit) < 0.05,
        `${compact[i]!.logit} for ${p.logit}: the compact file stores biases in half precision`,
      );
    });
  });

  for (const name of files.filter(quantised)) {
    it(`${name}: gradient methods refuse it by node and op, RISE explains it`, async () => {
      const summary = await open(name);
      assert.match(summary.undifferentiable ?? '', /QLinear|uantizeLinear/);
      const x = blobs(summary.input, 1);
      for (const method of ['grad-cam', 'lift-cam', 'integrated-gradients']) {
        await assert.rejects(
          engine.explain(x, { method, target: 0 }),
          (error: unknown) =>
            error instanceof SightlineError && error.code === 'unsupported' && /node '/.test(error.message),
        );
      }
      const { map } = await engine.explain(x, { method: 'rise', options: { masks: 8 } });
      assert.ok(new Set(map.data).size > 100);
    });
  }
});
