import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import type { Tensor } from '@sightline/core';
import { modelUrl } from '@sightline/scenes';
import { writeNpy } from '../../packages/cli/src/npy.ts';
import { folder, sightline } from './run.ts';

const files = folder();
const npy = (name: string, dims: readonly number[], fill = 0): string => {
  const data = new Float32Array(dims.reduce((a, b) => a * b, 1)).fill(fill);
  return files.write(name, writeNpy({ type: 'float32', dims, data } satisfies Tensor));
};
const model = readFileSync(modelUrl);
const text = files.write('text.onnx', 'this is not a model');
const cut = files.write('cut.onnx', model.subarray(0, model.length / 2));
const empty = files.write('empty', '');
const junk = files.write('junk.png', 'no picture');
const rank3 = npy('rank3.npy', [3, 64, 64]);
const two = npy('two.npy', [2, 3, 64, 64]);
const small = npy('small.npy', [1, 3, 32, 32]);
const grey = npy('grey.npy', [1, 1, 64, 64]);
const nan = npy('nan.npy', [1, 3, 64, 64], NaN);
const fine = npy('fine.npy', [1, 3, 64, 64]);
const double = files.write(
  'double.npy',
  writeNpy({ type: 'float64', dims: [1, 3, 64, 64], data: new Float64Array(12288) }),
);
const map = npy('map.npy', [8, 8], 1);
const rank1 = npy('rank1.npy', [8], 1);
const odd = npy('odd.npy', [5, 8, 8], 1);
const notPlugin = files.write('nothing.mjs', 'export default { kind: "method" };');
const broken = files.write('broken.mjs', 'export default (');
const boxes = files.write('boxes.json', '[[1, 1, 5, 5]]');
const mine = (name: string): string => files.path(`out-${name}`);
const outputs = ['--raw', mine('raw.npy'), '--png', mine('map.png')];
const scene = ['explain', 'scenes', 'scene:1', '--method', 'grad-cam', ...outputs];
const explain = (input: string): string[] => ['explain', 'scenes', input, '--method', 'grad-cam', ...outputs];
const withModel = (name: string): string[] => ['explain', name, fine, '--method', 'grad-cam', ...outputs];
const evaluate = (name: string): string[] => ['evaluate', 'scenes', 'scene:1', '--metric', 'deletion', '--map', name];

/** What is wrong, the words, and what the one line must say of it. */
const cases: readonly (readonly [string, readonly string[], RegExp])[] = [
  ['a command that does not exist', ['expalin'], /no command 'expalin': did you mean explain\?/],
  ['an option that does not exist', [...scene, '--targt', '1'], /no option '--targt': did you mean --target\?/],
  ['an option without its value', [...scene, '--target'], /--target needs a value: --target N\|top/],
  ['an option with another as its value', [...scene, '--target', '--json'], /--target needs a value/],
  ['an option given twice', [...scene, '--method', 'rise'], /--method is given twice/],
  ['an argument that is missing', ['explain', 'scenes', '--method', 'grad-cam'], /INPUT missing/],
  ['an argument too many', [...scene, 'more'], /'more' is one argument too many/],
  ['no method', ['explain', 'scenes', 'scene:1'], /--method NAME is missing/],
  [
    'a method that does not exist',
    ['explain', 'scenes', 'scene:1', '--method', 'gradcam'],
    /no method 'gradcam': did you mean grad-cam/,
  ],
  [
    'a metric where a method belongs',
    ['explain', 'scenes', 'scene:1', '--method', 'deletion'],
    /deletion is a metric: sightline evaluate/,
  ],
  [
    'a model that is not there',
    withModel(files.path('none.onnx')),
    /cannot read the model .*none\.onnx: there is no such file/,
  ],
  ['a model that is a folder', withModel(files.path('.')), /it is a folder/],
  ['a model that is not ONNX', withModel(text), /text\.onnx: this is not an ONNX/],
  ['a model that was cut short', withModel(cut), /cut\.onnx: .*truncated or damaged/],
  ['a model without a byte', withModel(empty), /is empty: an \.onnx file is wanted/],
  ['an input that is not there', explain(files.path('none.png')), /cannot read the input .*none\.png/],
  ['an input without a byte', explain(empty), /is empty: a png, jpeg or webp/],
  ['an input that is no picture', explain(junk), /neither a png, jpeg or webp/],
  ['an input of the wrong rank', explain(rank3), /\[3, 64, 64\]: an input is \[1, C, H, W\]/],
  ['two pictures at once', explain(two), /\[2, 3, 64, 64\]: an input is \[1, C, H, W\]/],
  ['an input of the wrong size', explain(small), /\[N, 3, 64, 64\], not \[1, 3, 32, 32\]/],
  ['an input of the wrong number of channels', explain(grey), /not \[1, 1, 64, 64\]/],
  ['an input that holds NaN', explain(nan), /NaN at element 0/],
  ['an input of another element type', explain(double), /holds float64: an input is float32/],
  ['a scene without a number', explain('scene:blue'), /scene:1, not 'scene:blue'/],
  ['a class out of range', [...scene, '--target', '8'], /class 8 is out of range: the model has classes 0 to 7/],
  ['a class that is a name', [...scene, '--target', 'disc'], /the number of a class, from 0, or top, not 'disc'/],
  ['a layer that does not exist', [...scene, '--layer', 'stage3.relu'], /no tensor 'stage3\.relu'.*stage3\.relu2/],
  ['a layer that is not spatial', [...scene, '--layer', 'logits'], /'logits'.*not a spatial layer/],
  [
    'a layer for a method that explains none',
    ['explain', 'scenes', 'scene:1', '--method', 'rise', '--layer', 'a'],
    /rise explains no layer/,
  ],
  [
    'an option of the method misspelt',
    ['explain', 'scenes', 'scene:1', '--method', 'rise', '--option', 'mask=9'],
    /no option 'mask': did you mean masks/,
  ],
  [
    'an option of the method out of range',
    ['explain', 'scenes', 'scene:1', '--method', 'rise', '--option', 'seed=-1'],
    /from 0 to 4294967295, not -1/,
  ],
  [
    'an option of the method of the wrong type',
    ['explain', 'scenes', 'scene:1', '--method', 'rise', '--option', 'masks=many'],
    /must be a whole number.*not many/,
  ],
  [
    'a tensor that is not there',
    ['explain', 'scenes', 'scene:1', '--method', 'rise', '--option', 'bits=@none.npy'],
    /cannot read the tensor none\.npy/,
  ],
  [
    'coefficients of a method without',
    ['explain', 'scenes', 'scene:1', '--method', 'rise', '--option', 'masks=2', '--coefficients', mine('c.npy')],
    /rise gives no coefficients \(one number a channel\): leave --coefficients out/,
  ],
  [
    'an output in no folder',
    [...explain('scene:1').slice(0, 5), '--raw', files.path('no/where.npy')],
    /there is no folder/,
  ],
  [
    'an output that is a folder',
    [...explain('scene:1').slice(0, 5), '--raw', files.path('.')],
    /is a folder: name a file/,
  ],
  ['an output over an input', [...explain(fine).slice(0, 5), '--raw', fine], /would write over an input/],
  [
    'two outputs in one file',
    [...explain(fine).slice(0, 5), '--raw', mine('a'), '--coefficients', mine('a')],
    /both write/,
  ],
  [
    'preprocessing for another number of channels',
    [...scene, '--channel-order', 'gray'],
    /has 3 channels: --channel-order RGB fits/,
  ],
  [
    'a size that the model does not take',
    [...scene, '--size', '100'],
    /takes pictures of 64 × 64, and the size given is 100 × 100/,
  ],
  [
    'labels that are too few',
    [...scene, '--labels', boxes.replace('boxes.json', 'text.onnx')],
    /scenes: labels must be 8 texts, .* not 1 labels/,
  ],
  [
    'a plugin that is none',
    [...scene, '--plugin', notPlugin],
    /nothing\.mjs is no plugin: its default export must come from defineMethod/,
  ],
  ['a plugin that does not load', [...scene, '--plugin', broken], /the plugin .*broken\.mjs does not load/],
  ['no map', ['evaluate', 'scenes', 'scene:1', '--metric', 'deletion'], /--map MAP\.npy is missing/],
  ['a map that is not there', evaluate(files.path('none.npy')), /cannot read the map/],
  ['a map of the wrong rank', evaluate(rank1), /\[8\]: a map is \[h, w\] or \[C, H, W\]/],
  ['a map of the wrong number of channels', evaluate(odd), /not \[5, 8, 8\]/],
  ['truth for a metric that needs none', [...evaluate(map), '--truth', boxes], /deletion needs no truth/],
];

describe('every mistake ends with one line, exit code 2 and no file', { concurrency: 2 }, () => {
  for (const [what, words, says] of cases) {
    it(`${what} is refused`, async () => {
      const { code, stdout, stderr } = await sightline(words);
      assert.match(stderr, says);
      assert.equal(code, 2);
      assert.equal(stdout, '');
      assert.match(stderr, /^sightline: [^\n]+\n$/);
      assert.deepEqual(
        readdirSync(files.path('.')).filter((name) => name.startsWith('out-') || name.endsWith('.tmp')),
        [],
      );
    });
  }

  it('Ctrl-C ends with exit code 130 and no file', async () => {
    const raw = mine('interrupted.npy');
    const words = ['explain', 'scenes', 'scene:1', '--method', 'rise', '--option', 'masks=100000', '--raw', raw];
    const { code, stdout } = await sightline(words, { interrupt: 3000 });
    assert.equal(code, 130);
    assert.equal(stdout, '');
    assert.ok(!existsSync(raw));
  });
});
