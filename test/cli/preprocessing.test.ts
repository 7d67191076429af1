import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { drawScene, modelUrl } from '@sightline/scenes';
import { originOf } from '../../packages/cli/src/preprocessing.ts';
import { readSidecar } from '../../packages/cli/src/sidecar.ts';
import { writeNpy } from '../../packages/cli/src/npy.ts';
import { toPng } from '../../packages/cli/src/pictures.ts';
import { folder, json, sightline } from './run.ts';

const files = folder();
const beside = (content: unknown, channels = 3): ReturnType<typeof readSidecar> => {
  files.write('net.json', JSON.stringify(content));
  return readSidecar(files.path('net.onnx'), channels);
};

describe('the JSON beside a model', () => {
  it('may hold other facts of the model, which are not read', async () => {
    const facts = {
      source: 'a zoo',
      licence: 'MIT',
      input: 'data',
      layout: 'NCHW',
      classOffset: 0,
      mean_accuracy: 0.7,
    };
    const others = { layers: ['a'], batch_size: 8, channels: 3, classes: 10 };
    const { preprocessing, place } = await beside({ ...facts, ...others, mean255: [1, 2, 3] });
    assert.deepEqual(preprocessing, { mean255: [1, 2, 3] });
    assert.match(place, /^the sidecar .*net\.json$/);
  });

  it('is refused where a field of it looks like one that is read, and is not', async () => {
    for (const [content, says] of [
      [{ mean: [123, 116, 103] }, /net\.json has a field 'mean', which is not read: did you mean mean255\?/],
      [{ image_mean: [0.485, 0.456, 0.406] }, /'image_mean'.* mean255\? \(for pixel values 0 … 255\)/],
      [{ imageStd: [0.229, 0.224, 0.225] }, /'imageStd'.* std255\?/],
      [{ channel_order: 'BGR' }, /'channel_order'.* channelOrder\?/],
      [{ crop: 1 }, /'crop'.* cropFraction\?/],
      [{ label: ['a'] }, /'label'.* labels\?/],
      [{ std225: [1, 2, 3] }, /'std225'.* std255\?/],
      [{ preprocessing: { layout: 'NCHW' } }, /'layout', which is not read: there is mean255, std255, size/],
      [{ preprocessing: 'imagenet' }, /preprocessing must be an object of mean255/],
    ] as const) {
      await assert.rejects(beside(content), { name: 'UsageError', message: says });
    }
  });

  it('has as many numbers as the model has channels', async () => {
    await assert.rejects(beside({ mean255: [1, 2, 3, 4, 5] }), { message: /mean255 must be a list of 3 numbers/ });
    await assert.rejects(beside({ std255: [1, 2, 3] }, 1), { message: /std255 must be a list of 1 number above 0/ });
    assert.deepEqual((await beside({ mean255: [1] }, 1)).preprocessing, { mean255: [1] });
  });
});

describe('where preprocessing comes from', () => {
  const none = { place: '', preprocessing: {} };
  const known = { channelOrder: 'RGB', mean255: [1, 2, 3], std255: [1, 2, 3], fit: 'stretch' } as const;

  it('is said in a word or two where it comes from one place', () => {
    assert.equal(originOf({}, none, 3), 'assumed: ImageNet');
    assert.equal(originOf({}, none, 1), 'assumed: 0 … 1');
    assert.equal(originOf(known, none, 3), 'options');
    assert.equal(originOf({}, { place: 'the sidecar net.json', preprocessing: known }, 3), 'the sidecar net.json');
  });

  it('is said field by field where it comes from several', () => {
    const sidecar = { place: 'the sidecar net.json', preprocessing: { mean255: [1, 2, 3], std255: [1, 2, 3] } };
    assert.equal(
      originOf({ std255: [9, 9, 9] }, sidecar, 3),
      'options (std255); the sidecar net.json (mean255); assumed: ImageNet (channelOrder, fit, cropFraction)',
    );
  });

  it('is told by inspect, and beside every result', async () => {
    const net = files.write('told.onnx', readFileSync(modelUrl));
    const picture = files.write('in.png', toPng(drawScene(1).picture));
    const inspected = await json(['inspect', net]);
    assert.equal(inspected.preprocessingFrom, 'assumed: ImageNet');
    const { stdout } = await sightline(['inspect', 'scenes']);
    assert.match(stdout, /taken from +the model scenes\n/);
    const told = await json(['explain', net, picture, '--method', 'grad-cam', '--std', '64']);
    assert.deepEqual(told.preprocessing, { ...(inspected.preprocessing as object), std255: [64, 64, 64] });
    assert.match(String(told.preprocessingFrom), /options \(std255\)/);
  });

  it('is the input itself where that is a tensor', async () => {
    const data = new Float32Array(3 * 64 * 64).map((_, i) => (i % 7) / 7);
    const input = files.write('in.npy', writeNpy({ type: 'float32', dims: [1, 3, 64, 64], data }));
    const told = await json(['explain', 'scenes', input, '--method', 'grad-cam']);
    assert.equal(told.preprocessing, null);
    assert.match(String(told.preprocessingFrom), /the input, which is preprocessed already/);
  });
});
