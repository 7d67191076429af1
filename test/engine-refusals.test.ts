import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, before, describe, it } from 'node:test';
import { Engine, SightlineError, tensor, type ErrorCode, type LoadOptions } from '@sightline/core';
import { drawScene, preprocessing, classNames } from '@sightline/scenes';
import deletion from '../packages/metrics/deletion/src/index.ts';
import gradCam from '../packages/methods/grad-cam/src/index.ts';
import liftCam from '../packages/methods/lift-cam/src/index.ts';
import rise from '../packages/methods/rise/src/index.ts';

const bytes = readFileSync(new URL('../packages/scenes/model/scenes.onnx', import.meta.url));
const fails = (code: ErrorCode, pattern: RegExp) => (error: unknown) => {
  assert.ok(error instanceof SightlineError, String(error));
  assert.equal(error.code, code, error.message);
  assert.match(error.message, pattern);
  return true;
};

describe('the engine refuses, with the reason and what would be right', () => {
  const engine = new Engine();
  before(async () => {
    for (const plugin of [gradCam, liftCam, rise, deletion]) engine.register(plugin);
    await engine.load(bytes, { preprocessing, labels: classNames });
  });
  after(() => engine.dispose());

  const picture = drawScene(0).picture;
  const bad: readonly [string, () => Promise<unknown>, ErrorCode, RegExp][] = [
    [
      'a class out of range',
      () => engine.explain(picture, { method: 'grad-cam', target: 8 }),
      'bad-target',
      /classes 0 to 7/,
    ],
    [
      'a class that is no whole number',
      () => engine.explain(picture, { method: 'grad-cam', target: 1.5 }),
      'bad-target',
      /1\.5/,
    ],
    [
      'a class by its name',
      () => engine.explain(picture, { method: 'grad-cam', target: 'dog' as 'top' }),
      'bad-target',
      /number of a class, 'top', or \{ weights, of \}, not "dog"/,
    ],
    [
      'a field of the request that nothing reads',
      () => engine.explain(picture, { method: 'grad-cam', layer: 'stage1.relu1' } as { method: string }),
      'bad-option',
      /no field 'layer'/,
    ],
    ['a request that is none', () => engine.explain(picture, 'grad-cam' as never), 'bad-option', /is an object/],
    ['the top 0 classes', () => engine.classify(picture, 0), 'bad-option', /top 1, 2, 3/],
    [
      'a picture of numbers that are no bytes',
      () => engine.classify({ ...picture, data: Float32Array.from(picture.data) as never }),
      'bad-input',
      /bytes/,
    ],
    [
      'a map that is of another model',
      () => engine.evaluate({ metric: 'deletion', input: picture, map: tensor([64, 64]), model: 'f00d' }),
      'bad-input',
      /of another model \(f00d\)/,
    ],
    [
      'DeepLIFT of a probability',
      () => engine.explain(picture, { method: 'lift-cam', target: { weights: [[0, 1]], of: 'probability' } }),
      'unsupported',
      /explains logits, not probabilities/,
    ],
    [
      'grids of RISE that are no masks',
      () => engine.explain(picture, { method: 'rise', options: { bits: tensor([1, 2, 2], 5) } }),
      'bad-option',
      /'bits' must hold numbers from 0 to 1/,
    ],
    [
      'a target of neither logits nor probabilities',
      () => engine.explain(picture, { method: 'grad-cam', target: { weights: [[0, 1]], of: 'logits' as 'logit' } }),
      'bad-target',
      /'logit' or 'probability', not "logits"/,
    ],
    [
      'a target of no class',
      () => engine.explain(picture, { method: 'grad-cam', target: { weights: [], of: 'logit' } }),
      'bad-target',
      /one class at least/,
    ],
    [
      'a weight that is no number',
      () => engine.explain(picture, { method: 'grad-cam', target: { weights: [[3, NaN]], of: 'logit' } }),
      'bad-target',
      /class 3 must be a finite number, not NaN/,
    ],
    [
      'a map whose numbers are fewer than its dims say',
      () =>
        engine.evaluate({
          metric: 'deletion',
          input: picture,
          map: { type: 'float32', dims: [64, 64], data: new Float32Array(10) },
        }),
      'bad-input',
      /as many numbers as its dims say/,
    ],
    [
      'a tensor option whose numbers are fewer than its dims say',
      () =>
        engine.explain(picture, {
          method: 'rise',
          options: { masks: 2, bits: { type: 'float32', dims: [2, 7, 7], data: new Float32Array(10) } },
        }),
      'bad-option',
      /'bits' must be a tensor .* as many numbers as its dims say/,
    ],
    [
      'a layer that does not exist, with near names',
      () => engine.explain(picture, { method: 'grad-cam', options: { layer: 'stage3.relu3' } }),
      'bad-layer',
      /stage3\.relu2/,
    ],
    [
      'a layer that is not spatial',
      () => engine.explain(picture, { method: 'grad-cam', options: { layer: 'pool' } }),
      'bad-layer',
      /not a spatial layer/,
    ],
    [
      'an option out of range',
      () => engine.explain(picture, { method: 'rise', options: { masks: 0 } }),
      'bad-option',
      /masks/,
    ],
    [
      'an option misspelt',
      () => engine.explain(picture, { method: 'rise', options: { mask: 4 } }),
      'bad-option',
      /did you mean masks/,
    ],
    ['a method misspelt', () => engine.explain(picture, { method: 'gradcam' }), 'unknown-plugin', /grad-cam/],
    [
      'a picture of no size',
      () => engine.explain({ width: 0, height: 4, data: new Uint8Array(0) }, { method: 'grad-cam' }),
      'bad-input',
      /no size/,
    ],
    [
      'a tensor of another size',
      () => engine.explain(tensor([1, 3, 32, 32]), { method: 'grad-cam' }),
      'bad-input',
      /3, 64, 64/,
    ],
    [
      'a tensor of another rank',
      () => engine.explain(tensor([3, 64, 64]), { method: 'grad-cam' }),
      'bad-input',
      /3, 64, 64/,
    ],
    ['NaN in the input', () => engine.explain(tensor([1, 3, 64, 64], NaN), { method: 'grad-cam' }), 'bad-input', /NaN/],
    [
      'a map of another shape',
      () => engine.evaluate({ metric: 'deletion', input: picture, map: tensor([2, 3, 4, 5]) }),
      'bad-input',
      /a map is/,
    ],
    [
      'a file that is not ONNX',
      () => engine.load(new TextEncoder().encode('<!doctype html><title>404</title>')),
      'bad-model',
      /not an ONNX/,
    ],
    ['an empty file', () => engine.load(new Uint8Array(0)), 'bad-model', /not an ONNX/],
    ['a truncated file', () => engine.load(bytes.subarray(0, bytes.length >> 1)), 'bad-model', /truncated/],
  ];
  for (const [what, run, code, pattern] of bad) {
    it(`refuses ${what}`, async () => {
      await assert.rejects(run, fails(code, pattern));
    });
  }

  const wrong: readonly [string, LoadOptions, RegExp][] = [
    ['too few means', { preprocessing: { mean255: [127.5] } }, /mean255 must be 3 numbers.*not \[127\.5\]/],
    ['a deviation of 0', { preprocessing: { std255: [1, 0, 1] } }, /std255 must be 3 numbers above 0/],
    ['a means that is text', { preprocessing: { mean255: 'abc' as never } }, /mean255 must be 3 numbers/],
    ['another size than the model’s', { preprocessing: { size: [32, 32] } }, /size must be \[64, 64\]/],
    [
      'an order that it does not know',
      { preprocessing: { channelOrder: 'rgb' as 'RGB' } },
      /RGB or BGR, for 3 channels/,
    ],
    ['a fit that it does not know', { preprocessing: { fit: 'pad' as 'crop' } }, /'crop' or 'stretch'/],
    ['nothing cropped to', { preprocessing: { cropFraction: 0 } }, /cropFraction must be above 0/],
    [
      'a field that nothing reads',
      { preprocessing: { mean: [0, 0, 0] } as never },
      /no field 'mean': did you mean mean255/,
    ],
    ['labels that are too few', { labels: ['a', 'b'] }, /labels must be 8 texts.*not 2 labels/],
  ];
  for (const [name, options, message] of wrong) {
    it(`refuses to load with ${name}, and keeps the model that was there`, async () => {
      await assert.rejects(engine.load(bytes, options), fails('bad-option', message));
      assert.equal((await engine.classify(drawScene(5).picture))[0]!.label, classNames[5]);
    });
  }
});
