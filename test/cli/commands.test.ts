import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { classNames, drawScene, modelUrl } from '@sightline/scenes';
import { evaluate } from '../../packages/cli/src/commands/evaluate.ts';
import { explain } from '../../packages/cli/src/commands/explain.ts';
import { readNpy, writeNpy } from '../../packages/cli/src/npy.ts';
import { decodePicture, toPng } from '../../packages/cli/src/pictures.ts';
import { installedNames } from '../../packages/cli/src/plugins.ts';
import { folder, json, root, sightline } from './run.ts';

const files = folder();
const load = (path: string): ReturnType<typeof readNpy> => readNpy(new Uint8Array(readFileSync(path)), path);
const share = ['--metric', 'share', '--plugin', 'test/cli/fixtures/share.ts'];

describe('sightline', { concurrency: 2 }, () => {
  it('tells its version and its commands; each command tells its options with examples', async () => {
    const { version } = JSON.parse(readFileSync(join(root, 'packages/cli/package.json'), 'utf8')) as {
      version: string;
    };
    assert.equal((await sightline(['--version'])).stdout, `${version}\n`);
    const { stdout } = await sightline(['--help']);
    for (const command of ['inspect', 'explain', 'evaluate']) {
      assert.match(stdout, new RegExp(`\n  ${command} `));
      const help = await sightline([command, '--help']);
      assert.equal(help.code, 0);
      assert.match(help.stdout, /Examples\n {2}sightline/);
    }
  });

  it('with a method named, the help lists what its options are', async () => {
    const { stdout } = await sightline(['explain', '--method', 'rise', '--help']);
    assert.match(stdout, /masks=1…\d+ .*\[\d+\]/);
    assert.match(stdout, /bits=@FILE\.npy/);
  });

  it('without a command it shows the commands, and says by its exit code that it did nothing', async () => {
    const { code, stdout } = await sightline([]);
    assert.equal(code, 2);
    assert.match(stdout, /Usage: sightline COMMAND/);
  });

  it('the examples of the help name methods and metrics that exist', () => {
    for (const { examples } of [explain, evaluate]) {
      for (const [, kind, name] of examples.join('\n').matchAll(/--(method|metric) (\S+)/g))
        assert.ok(installedNames(kind as 'method' | 'metric').includes(name!), `${kind} ${name}`);
    }
  });
});

describe('sightline inspect', { concurrency: 2 }, () => {
  it('lists ends, ops, classes and layers, and says that gradients can be built', async () => {
    const found = await json(['inspect', 'scenes']);
    assert.deepEqual(found.input, [3, 64, 64]);
    assert.deepEqual(found.labels, [...classNames]);
    assert.equal(found.differentiable, true);
    assert.match(String(found.modelDigest), /^[0-9a-f]{64}$/);
    const layers = found.layers as { name: string; dims: number[] }[];
    assert.deepEqual(layers.at(-1), { name: 'stage3.relu2', dims: [96, 8, 8] });
    const [first] = found.inputs as { name: string; dims: unknown[] }[];
    assert.deepEqual([first!.name, first!.dims.slice(1)], ['input', [3, 64, 64]]);
    assert.deepEqual(found.outputs, ['logits']);
    assert.ok((found.ops as Record<string, number>).Conv! > 3);
  });
  it('says the same to people', async () => {
    const { stdout } = await sightline(['inspect', 'scenes']);
    assert.match(stdout, /gradients +can be built/);
    assert.match(stdout, /stage3\.relu2 \[96, 8, 8\]/);
  });
});

describe('sightline explain', { concurrency: 2 }, () => {
  it('writes map, coefficients and picture in their shapes, and tells what it did in one JSON object', async () => {
    const [raw, coefficients, png] = ['map.npy', 'weights.npy', 'map.png'].map(files.path) as [string, string, string];
    const told = await json([
      'explain',
      'scenes',
      'scene:1',
      '--method',
      'lift-cam',
      '--target',
      '1',
      '--raw',
      raw,
      '--coefficients',
      coefficients,
      '--png',
      png,
    ]);
    assert.deepEqual(load(raw).dims, [8, 8]);
    assert.equal(load(raw).type, 'float32');
    assert.deepEqual(load(coefficients).dims, [96]);
    const picture = await decodePicture(new Uint8Array(readFileSync(png)), png);
    assert.deepEqual([picture.width, picture.height], [64, 64]);
    assert.notDeepEqual(picture.data, drawScene(1).picture.data);
    assert.deepEqual([told.method, told.target, told.label, told.backend], ['lift-cam', 1, classNames[1], 'cpu']);
    assert.deepEqual(told.files, { raw, coefficients, png });
    assert.deepEqual(told.options, { layer: 'stage3.relu2' });
    assert.ok(Number.isFinite(told.logit) && (told.probability as number) > 0 && (told.probability as number) <= 1);
    for (const time of Object.values(told.timings as Record<string, number>)) assert.ok(time > 0);
  });

  it('a PNG has the size of the picture, and with no opacity it is the picture', async () => {
    const data = new Uint8ClampedArray(150 * 90 * 4).map((_, i) => (i % 4 === 3 ? 255 : (i * 7) % 251));
    const input = files.write('wide.png', toPng({ width: 150, height: 90, data }));
    const png = files.path('wide-map.png');
    await json(['explain', 'scenes', input, '--method', 'grad-cam', '--opacity', '0', '--fit', 'crop', '--png', png]);
    assert.deepEqual(await decodePicture(new Uint8Array(readFileSync(png)), png), { width: 150, height: 90, data });
  });

  it('outside of what the network sees of a picture, the PNG stays as the picture is', async () => {
    const data = new Uint8ClampedArray(200 * 64 * 4).fill(255);
    const input = files.write('strip.png', toPng({ width: 200, height: 64, data }));
    const png = files.path('strip-map.png');
    const { crop } = await json(['explain', 'scenes', input, '--method', 'grad-cam', '--fit', 'crop', '--png', png]);
    const { x, width } = crop as { x: number; width: number };
    const painted = await decodePicture(new Uint8Array(readFileSync(png)), png);
    for (let column = 0; column < 200; column++) {
      const seen = column + 0.5 >= x && column + 0.5 <= x + width;
      assert.equal(painted.data[4 * (32 * 200 + column)] !== 255, seen, `column ${column}`);
    }
  });

  it('a preprocessed tensor gives the map that its picture gives, and its PNG is drawn over what it was made of', async () => {
    const { picture } = drawScene(5);
    const data = new Float32Array(3 * 64 * 64);
    for (let i = 0; i < data.length; i++) data[i] = (picture.data[4 * (i % 4096) + Math.floor(i / 4096)]! - 128) / 64;
    const input = files.write('scene5.npy', writeNpy({ type: 'float32', dims: [1, 3, 64, 64], data }));
    const [a, b, png] = ['a.npy', 'b.npy', 'tensor.png'].map(files.path) as [string, string, string];
    await json(['explain', 'scenes', input, '--method', 'grad-cam', '--raw', a, '--png', png, '--opacity', '0']);
    await json(['explain', 'scenes', 'scene:5', '--method', 'grad-cam', '--raw', b]);
    assert.deepEqual(readFileSync(a), readFileSync(b));
    const shown = await decodePicture(new Uint8Array(readFileSync(png)), png);
    assert.deepEqual(shown.data, new Uint8ClampedArray(picture.data));
  });

  it('the embedded model is like any other: by its path, with preprocessing and labels from the JSON beside it', async () => {
    const copy = files.write('copy.onnx', readFileSync(modelUrl));
    files.write(
      'copy.json',
      JSON.stringify({ mean255: [128, 128, 128], std255: [64, 64, 64], size: 64, fit: 'stretch', labels: classNames }),
    );
    const input = files.write('scene1.png', toPng(drawScene(1).picture));
    const [a, b] = [
      await json(['explain', copy, input, '--method', 'grad-cam']),
      await json(['explain', 'scenes', 'scene:1', '--method', 'grad-cam']),
    ];
    assert.equal(a.logit, b.logit);
    assert.equal(a.label, b.label);
    assert.equal(a.modelDigest, b.modelDigest);
  });

  it('the same seed gives the same file, another seed another, and numbers handed over come before the seed', async () => {
    const rise = (name: string, ...options: string[]): Promise<unknown> =>
      json([
        'explain',
        'scenes',
        'scene:2',
        '--method',
        'rise',
        '--raw',
        files.path(name),
        ...options.flatMap((option) => ['--option', option]),
      ]);
    await rise('s1.npy', 'masks=24', 'seed=1');
    await rise('s1-again.npy', 'masks=24', 'seed=1');
    await rise('s2.npy', 'masks=24', 'seed=2');
    const file = (name: string): Buffer => readFileSync(files.path(name));
    assert.deepEqual(file('s1.npy'), file('s1-again.npy'));
    assert.notDeepEqual(file('s1.npy'), file('s2.npy'));
    const bits = files.write(
      'bits.npy',
      writeNpy({ type: 'uint8', dims: [4, 7, 7], data: new Uint8Array(196).map((_, i) => (i % 3) & 1) }),
    );
    const shifts = files.write(
      'shifts.npy',
      writeNpy({ type: 'int32', dims: [4, 2], data: Int32Array.of(0, 1, 2, 3, 4, 5, 6, 7) }),
    );
    await rise('h1.npy', 'masks=4', `bits=@${bits}`, `shifts=@${shifts}`, 'seed=1');
    await rise('h2.npy', 'masks=4', `bits=@${bits}`, `shifts=@${shifts}`, 'seed=2');
    assert.deepEqual(file('h1.npy'), file('h2.npy'));
  });

  it('--rank-by says whether the class is read as a logit or as a probability', async () => {
    const by = (what: string): Promise<Record<string, unknown>> =>
      json(['explain', 'scenes', 'scene:3', '--method', 'grad-cam', '--rank-by', what]);
    const [logit, probability] = await Promise.all([by('logit'), by('probability')]);
    assert.deepEqual([logit.of, probability.of], ['logit', 'probability']);
    assert.equal(logit.target, probability.target);
  });

  it('--rank-by goes for a method that has an option for it, and against that option it is refused', async () => {
    const rise = ['explain', 'scenes', 'scene:3', '--method', 'rise', '--option', 'masks=2'];
    const by = async (...words: string[]): Promise<unknown[]> => {
      const { of, options } = await json([...rise, ...words]);
      return [of, (options as { score: string }).score];
    };
    assert.deepEqual(await by('--rank-by', 'logit'), ['logit', 'logit']);
    assert.deepEqual(await by('--rank-by', 'logit', '--option', 'score=logit'), ['logit', 'logit']);
    assert.deepEqual(await by(), ['probability', 'probability']);
    const { code, stderr } = await sightline([...rise, '--rank-by', 'logit', '--option', 'score=probability']);
    assert.match(stderr, /^sightline: --rank-by logit and --option score=probability differ: [^\n]+\n$/);
    assert.equal(code, 2);
  });

  it('an output is replaced in one piece, and nothing else is left in its folder', async () => {
    const place = folder();
    place.write('map.npy', 'old');
    await json(['explain', 'scenes', 'scene:1', '--method', 'grad-cam', '--raw', place.path('map.npy')]);
    assert.deepEqual(load(place.path('map.npy')).dims, [8, 8]);
    assert.deepEqual(readdirSync(place.path('.')), ['map.npy']);
  });
});

describe('sightline evaluate', { concurrency: 2 }, () => {
  const map = files.path('evaluated.npy');
  const mapped = json(['explain', 'scenes', 'scene:4', '--method', 'grad-cam', '--raw', map]);

  it('gives a number, which way is better, and for which class', async () => {
    await mapped;
    const told = await json(['evaluate', 'scenes', 'scene:4', '--map', map, '--metric', 'deletion']);
    assert.ok(Number.isFinite(told.value));
    assert.deepEqual([told.metric, told.better, told.target], ['deletion', 'lower', 4]);
  });

  it('takes a third party metric, and boxes or a mask as the truth', async () => {
    await mapped;
    const { boxes, mask, picture } = drawScene(4);
    const truth = files.write('boxes.json', JSON.stringify({ boxes }));
    const [x0, y0, x1, y1] = boxes[0];
    const inBox = await json(['evaluate', 'scenes', 'scene:4', '--map', map, ...share, '--truth', truth]);
    assert.deepEqual(inBox.details, { marked: (x1 - x0) * (y1 - y0), box: [x0, y0, x1, y1] });
    const data = new Uint8ClampedArray(4 * mask.length).map((_, i) => (i % 4 === 3 ? 255 : 255 * mask[i >> 2]!));
    const drawn = files.write('mask.png', toPng({ width: picture.width, height: picture.height, data }));
    const onMask = await json(['evaluate', 'scenes', 'scene:4', '--map', map, ...share, '--truth', drawn]);
    assert.equal(
      (onMask.details as { marked: number }).marked,
      mask.reduce((sum, pixel) => sum + pixel, 0),
    );
    assert.ok((onMask.value as number) < (inBox.value as number));
    const evenly = ((x1 - x0) * (y1 - y0)) / 4096;
    assert.ok((inBox.value as number) > evenly, `${String(inBox.value)} of the map in a box of ${evenly}`);
  });

  it('boxes are in pixels of the picture, wherever the network looks at it', async () => {
    const input = files.write(
      'crop.png',
      toPng({ width: 200, height: 100, data: new Uint8ClampedArray(80000).fill(255) }),
    );
    const truth = files.write(
      'left.json',
      JSON.stringify([
        { file: 'other.png', boxes: [[0, 0, 1, 1]] },
        { file: 'crop.png', boxes: [[0, 0, 100, 100]] },
      ]),
    );
    const even = files.write(
      'even.npy',
      writeNpy({ type: 'float32', dims: [64, 64], data: new Float32Array(4096).fill(1) }),
    );
    const told = await json(['evaluate', 'scenes', input, '--fit', 'crop', '--map', even, ...share, '--truth', truth]);
    assert.deepEqual((told.details as { box: number[] }).box, [0, 0, 32, 64]); // the middle square is seen, and half of it is left
  });

  it('truth that marks nothing, has the wrong size or makes no sense is refused', async () => {
    await mapped;
    const far = files.write('far.json', '[[900, 900, 950, 950]]');
    const upside = files.write('upside.json', '[[5, 5, 1, 1]]');
    const small = files.write('small.png', toPng({ width: 3, height: 3, data: new Uint8ClampedArray(36).fill(255) }));
    for (const [truth, says] of [
      [far, /marks no pixel/],
      [upside, /x0 below x1/],
      [small, /is 3 × 3, and the input is 64 × 64/],
    ] as const) {
      const { code, stderr } = await sightline([
        'evaluate',
        'scenes',
        'scene:4',
        '--map',
        map,
        ...share,
        '--truth',
        truth,
      ]);
      assert.match(stderr, says);
      assert.equal(code, 2);
    }
    assert.ok(existsSync(map));
  });
});
