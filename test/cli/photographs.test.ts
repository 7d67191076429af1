import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import type { Tensor } from '@sightline/core';
import { readNpy } from '../../packages/cli/src/npy.ts';
import { decodePicture } from '../../packages/cli/src/pictures.ts';
import { folder, hasShared, json, shared } from './run.ts';

const files = folder();
const model = join(shared, 'models/squeezenet1.1.onnx');
const photo = join(shared, 'images/photos/both_cat_dog.png');
const golden = join(shared, 'golden/squeezenet1.1-catdog');
const dog = { index: 242, box: [78, 12, 168, 118] };
const cat = { index: 282, box: [45, 118, 202, 222] };

describe('a photograph of a dog above a cat', { skip: !hasShared && 'the shared models are not here' }, () => {
  const share = async (target: number, box: readonly number[], layer: string): Promise<number> => {
    const map = files.path(`${target}-${layer}.npy`);
    await json([
      'explain',
      model,
      photo,
      '--method',
      'lift-cam',
      '--target',
      String(target),
      '--layer',
      layer,
      '--raw',
      map,
    ]);
    // Only the evidence for the class counts; evaluate cuts the rest of a map that is smaller than the input, as CAMs do.
    const truth = files.write('box.json', JSON.stringify([box]));
    const told = await json([
      'evaluate',
      model,
      photo,
      '--map',
      map,
      '--target',
      String(target),
      '--metric',
      'share',
      '--plugin',
      'test/cli/fixtures/share.ts',
      '--truth',
      truth,
    ]);
    return told.value as number;
  };

  it('LIFT-CAM at the last layer puts most of the cat on the cat, and most of the dog on the dog', async () => {
    const [catOnCat, dogOnDog] = [await share(cat.index, cat.box, 'relu25'), await share(dog.index, dog.box, 'relu25')];
    assert.ok(catOnCat > 0.5, `${catOnCat} of the cat's map is on the cat`);
    assert.ok(dogOnDog > 0.5, `${dogOnDog} of the dog's map is on the dog`);
  });

  it('preprocessing from models.json gives the logits of PyTorch, and the map of the reference', async () => {
    const [raw, png] = [files.path('cat.npy'), files.path('cat.png')];
    const told = await json([
      'explain',
      model,
      photo,
      '--method',
      'lift-cam',
      '--target',
      '282',
      '--layer',
      'relu25',
      '--raw',
      raw,
      '--png',
      png,
    ]);
    assert.ok(Math.abs((told.logit as number) - 21.761058807373047) < 1e-3, String(told.logit));
    const load = (path: string): Tensor => {
      const tensor = readNpy(new Uint8Array(readFileSync(path)), path);
      assert.equal(tensor.type, 'float32');
      return tensor;
    };
    const [own, reference] = [load(raw), load(join(golden, 'cat/relu25/lift_raw.npy'))];
    assert.deepEqual(own.dims, reference.dims);
    const largest = Math.max(...reference.data.map(Math.abs));
    const off = Math.max(...own.data.map((value, i) => Math.abs(value - reference.data[i]!)));
    assert.ok(off < 1e-4 * largest, `${off} of ${largest}`);
    const painted = await decodePicture(new Uint8Array(readFileSync(png)), png);
    assert.deepEqual([painted.width, painted.height], [224, 224]);
  });

  it('inspect says which node stands in the way of gradients', async () => {
    const told = await json(['inspect', join(shared, 'models/mobilenetv2_int8_qop.onnx')]);
    assert.equal(told.differentiable, false);
    assert.match(String(told.undifferentiable), /DequantizeLinear|QLinear/);
  });
});
