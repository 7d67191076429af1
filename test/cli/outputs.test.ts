import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readFileSync, symlinkSync } from 'node:fs';
import { describe, it } from 'node:test';
import { fromBinary, toBinary } from '@bufbuild/protobuf';
import { drawScene, modelUrl } from '@sightline/scenes';
import { ModelProtoSchema, TensorProto_DataLocation } from '../../packages/core/src/graph/onnx/generated/onnx_pb.js';
import { writeNpy } from '../../packages/cli/src/npy.ts';
import { toPng } from '../../packages/cli/src/pictures.ts';
import { folder, json, sightline } from './run.ts';

const files = folder();
const model = readFileSync(modelUrl);
const net = files.write('net.onnx', model);
const sidecar = files.write('net.json', '{"fit": "stretch"}');
const entries = files.write('models.json', '{"other": {"fit": "stretch"}}');
const other = files.write('other.onnx', model);
const picture = files.write('in.png', toPng(drawScene(1).picture));
symlinkSync(picture, files.path('link.png'));
symlinkSync(files.path('.'), files.path('elsewhere'));
const classes = files.write('classes.txt', 'a\nb\nc\nd\ne\nf\ng\nh\n');
const grids = { type: 'uint8' as const, dims: [2, 7, 7], data: new Uint8Array(98).map((_, i) => i & 1) };
const bits = files.write('bits.npy', writeNpy(grids));
const plugin = files.write('pl.mjs', 'export default { kind: "method", name: "pl", options: {}, explain() {} };');
const [split, weights] = splitModel();

/** The embedded model with one of its weights in a file beside it. */
function splitModel(): [model: string, weights: string] {
  const proto = fromBinary(ModelProtoSchema, new Uint8Array(model));
  const tensor = proto.graph!.initializer.find(({ rawData }) => rawData.length > 0)!;
  const path = files.write('split.weights', tensor.rawData);
  tensor.rawData = new Uint8Array(0);
  tensor.dataLocation = TensorProto_DataLocation.EXTERNAL;
  tensor.externalData = [{ $typeName: 'onnx.StringStringEntryProto', key: 'location', value: 'split.weights' }];
  return [files.write('split.onnx', toBinary(ModelProtoSchema, proto)), path];
}

const gradCam = ['--method', 'grad-cam'];
/** What is read, the words that would write over it, and the file. */
const cases: readonly (readonly [string, readonly string[], string])[] = [
  ['the picture, by a link to it', [net, picture, ...gradCam, '--png', files.path('link.png')], picture],
  [
    'the picture, by a link to its folder',
    [net, picture, ...gradCam, '--png', files.path('elsewhere/in.png')],
    picture,
  ],
  ['the picture that a link was given for', [net, files.path('link.png'), ...gradCam, '--png', picture], picture],
  ['a tensor', ['scenes', 'scene:1', '--method', 'rise', '--option', `bits=@${bits}`, '--raw', bits], bits],
  ['a plugin', ['scenes', 'scene:1', ...gradCam, '--plugin', plugin, '--raw', plugin], plugin],
  ['the sidecar', [net, picture, ...gradCam, '--raw', sidecar], sidecar],
  ['models.json', [other, picture, ...gradCam, '--raw', entries], entries],
  ['weights beside the model', [split, picture, ...gradCam, '--raw', weights], weights],
  ['the labels', ['scenes', 'scene:1', ...gradCam, '--labels', classes, '--raw', classes], classes],
];

describe('no output replaces a file that was read', { concurrency: 2 }, () => {
  for (const [what, words, file] of cases) {
    it(`an output over ${what} is refused`, async () => {
      const before = readFileSync(file);
      const { code, stderr } = await sightline(['explain', ...words]);
      assert.match(stderr, /^sightline: --(raw|png) [^\n]* would write over an input\n$/);
      assert.equal(code, 2);
      assert.deepEqual(readFileSync(file), before);
    });
  }

  it('two outputs are not one file, whatever links lead there', async () => {
    mkdirSync(files.path('maps'));
    symlinkSync(files.path('maps'), files.path('same'));
    const [raw, coefficients] = [files.path('maps/a.npy'), files.path('same/a.npy')];
    const words = ['explain', 'scenes', 'scene:1', ...gradCam, '--raw', raw, '--coefficients', coefficients];
    assert.match((await sightline(words)).stderr, /--coefficients and --raw both write/);
    assert.ok(!existsSync(raw));
  });

  it('a model with weights beside it is inspected and explained as one without', async () => {
    const [whole, parts] = [await json(['inspect', net]), await json(['inspect', split])];
    assert.deepEqual(parts.layers, whole.layers);
    const logit = async (name: string): Promise<unknown> =>
      (await json(['explain', name, picture, ...gradCam, '--fit', 'stretch'])).logit;
    assert.equal(await logit(split), await logit(net));
  });
});

describe('a reader that has had enough', () => {
  it('ends the command quietly, as head does', async () => {
    const { code, stdout, stderr } = await sightline(['inspect', 'scenes'], { deaf: true });
    assert.deepEqual({ code, stdout, stderr }, { code: 0, stdout: '', stderr: '' });
  });
});
