import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { parse, slips } from '../../packages/cli/src/arguments.ts';
import { explain } from '../../packages/cli/src/commands/explain.ts';
import { preprocessingFrom } from '../../packages/cli/src/preprocessing.ts';
import { optionsFrom, targetFrom } from '../../packages/cli/src/values.ts';
import { parseLabels } from '../../packages/cli/src/sidecar.ts';
import { lineFor, UsageError } from '../../packages/cli/src/errors.ts';
import { boolean, choice, integer, layer, number, tensorOption } from '@sightline/core/plugin';

const read = (...words: string[]): ReturnType<typeof parse> => parse(explain, ['M.onnx', 'I.png', ...words]);
const plugin = {
  name: 'demo',
  options: {
    rate: number({ default: 1, min: 0, max: 2, description: '' }),
    count: integer({ default: 1, min: 0, max: 9, description: '' }),
    fast: boolean({ default: false, description: '' }),
    mode: choice({ default: 'a', choices: ['a', 'b'], description: '' }),
    layer: layer(),
    noise: tensorOption(''),
  },
};
const options = (...pairs: string[]): Promise<Record<string, unknown>> =>
  optionsFrom(pairs, plugin, async (path) => ({ type: 'int32', dims: [1], data: Int32Array.of(path.length) }));

describe('the command line', () => {
  it('values may follow with a space or an equals sign, anywhere among the arguments, and repeat where they may', () => {
    const args = parse(explain, [
      '--target',
      '3',
      'M.onnx',
      '--method=rise',
      '--option',
      'a=1',
      'I.png',
      '--option=b=2',
      '--json',
    ]);
    assert.deepEqual(args.positionals, ['M.onnx', 'I.png']);
    assert.deepEqual([args.get('target'), args.get('method'), args.has('json')], ['3', 'rise', true]);
    assert.deepEqual(args.all('option'), ['a=1', 'b=2']);
  });

  it('after -- a word that starts with a dash is a file', () => {
    assert.deepEqual(parse(explain, ['--', '-m.onnx', '--i.png']).positionals, ['-m.onnx', '--i.png']);
  });

  it('a target is a whole number from 0, or top, which is also what it is when nothing is said', () => {
    assert.equal(targetFrom(read()), 'top');
    assert.equal(targetFrom(read('--target', 'top')), 'top');
    assert.equal(targetFrom(read('--target', '0')), 0);
    for (const wrong of ['-1', '1.5', 'cat', '1e3', '']) {
      assert.throws(() => targetFrom(read(`--target=${wrong}`)), UsageError, wrong);
    }
  });

  it('preprocessing comes from a preset, and single flags come before it', () => {
    assert.deepEqual(preprocessingFrom(read(), 3), {});
    assert.deepEqual(
      preprocessingFrom(read('--preset', 'caffe', '--mean', '1,2,3', '--size', '200,100', '--fit', 'stretch'), 3),
      {
        channelOrder: 'BGR',
        mean255: [1, 2, 3],
        std255: [1, 1, 1],
        size: [200, 100],
        fit: 'stretch',
      },
    );
    assert.deepEqual(preprocessingFrom(read('--std', '64', '--size', '32'), 3), {
      std255: [64, 64, 64],
      size: [32, 32],
    });
    assert.throws(() => preprocessingFrom(read('--std', '0.229,0.224,0.225'), 3), {
      message: /0 … 255: give 58\.395,57\.12,57\.375/,
    });
    assert.throws(() => preprocessingFrom(read('--std', '1,0,1'), 3), { message: /above 0/ });
  });

  it('a mean is one number for all channels, or one for each of the model', () => {
    assert.deepEqual(preprocessingFrom(read('--mean', '7'), 1), { mean255: [7] });
    assert.deepEqual(preprocessingFrom(read('--preset', 'unit'), 1), { mean255: [0], std255: [255] });
    assert.deepEqual(preprocessingFrom(read('--mean', '1,2,3,4'), 4), { mean255: [1, 2, 3, 4] });
    for (const [flag, list, channels, says] of [
      ['--mean', '1,2,3,4,5', 3, /--mean has 5 numbers, and the model's input has 3 channels: give 3, or one for all/],
      ['--std', '60,70', 3, /--std has 2 numbers/],
      ['--mean', '1,2,3', 1, /1 channel: give one/],
      ['--preset', 'imagenet', 1, /--preset imagenet has 3 numbers/],
    ] as const) {
      assert.throws(() => preprocessingFrom(read(flag, list), channels), { name: 'UsageError', message: says });
    }
  });

  it('options become what the plugin asks for: numbers, words, truth values, tensors from files or lists', async () => {
    assert.deepEqual(await options('rate=1.5', 'count=7', 'fast=true', 'mode=b', 'layer=conv=1', 'noise=@x.npy'), {
      rate: 1.5,
      count: 7,
      fast: true,
      mode: 'b',
      layer: 'conv=1',
      noise: { type: 'int32', dims: [1], data: Int32Array.of(5) },
    });
    const { noise } = await options('noise=0.5,-1');
    assert.deepEqual(noise, { type: 'float32', dims: [2], data: Float32Array.of(0.5, -1) });
  });

  it('options that do not fit are handed on as they are, for the plugin to say what would be right', async () => {
    assert.deepEqual(await options('rate=lots', 'fast=yes', 'other=1'), { rate: 'lots', fast: 'yes', other: '1' });
  });

  it('an option with the name of what every object has is an option like any other', async () => {
    assert.deepEqual(Object.entries(await options('__proto__=1')), [['__proto__', '1']]);
    await assert.rejects(options('__proto__=1', '__proto__=2'), { message: /__proto__ is given twice/ });
  });

  it('options without a name or a value, given twice, or with a file where none fits are refused', async () => {
    await assert.rejects(options('rate'), { message: /NAME=VALUE, not 'rate'/ });
    await assert.rejects(options('=1'), UsageError);
    await assert.rejects(options('rate=1', 'rate=2'), { message: /rate is given twice/ });
    await assert.rejects(options('rate=@x.npy'), { message: /'rate' takes a number, not a file/ });
    await assert.rejects(options('count=@x.npy'), { message: /'count' takes a whole number, not a file/ });
    await assert.rejects(options('noise=loud'), { message: /noise=@FILE\.npy/ });
  });

  it('labels are read from lines, a list, or an object by number', () => {
    const labels = (text: string): string[] => parseLabels(new TextEncoder().encode(text), 'labels');
    assert.deepEqual(labels('cat\ndog, big\n'), ['cat', 'dog, big']);
    assert.deepEqual(labels('["cat", "dog"]'), ['cat', 'dog']);
    assert.deepEqual(labels('{"10": ["n2", "dog"], "2": ["n1", "cat"]}'), ['cat', 'dog']);
    assert.throws(() => labels('[1]'), UsageError);
  });

  it('a suggestion is a name that a slip could have made, and there is none where nothing is close', () => {
    assert.deepEqual(slips('explian', ['inspect', 'explain', 'evaluate']), ['explain']);
    assert.deepEqual(slips('colour', ['colours', 'opacity']), ['colours']);
    assert.deepEqual(slips('zzz', ['inspect', 'explain']), []);
  });

  it('whatever is thrown makes one line of bounded length', () => {
    assert.equal(lineFor(new UsageError('wrong\n  here')), 'wrong here');
    assert.equal(lineFor(new RangeError('x')), 'this should not have happened: x');
    assert.ok(lineFor('y '.repeat(5000)).length <= 600);
  });
});
