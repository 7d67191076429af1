import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { create, toBinary } from '@bufbuild/protobuf';
import { SightlineError, tensor, type ErrorCode } from '@sightline/core';
import {
  add,
  apply,
  constant,
  input,
  instantiate,
  nodesOf,
  outputsOf,
  print,
  readOnnx,
  relu,
  rewrite,
  writeOnnx,
  type Graph,
} from '@sightline/core/graph';
import { ModelProtoSchema } from '../packages/core/src/graph/onnx/generated/onnx_pb.js';

const scenes = new Uint8Array(readFileSync(new URL('../packages/scenes/model/scenes.onnx', import.meta.url)));
const fails = (code: ErrorCode, pattern: RegExp) => (error: unknown) => {
  assert.ok(error instanceof SightlineError, String(error));
  assert.equal(error.code, code, error.message);
  assert.match(error.message, pattern);
  return true;
};
const floats = (name: string, dims: readonly number[]) => ({
  name,
  type: {
    value: {
      case: 'tensorType' as const,
      value: {
        elemType: 1,
        shape: { dim: dims.map((d) => ({ value: { case: 'dimValue' as const, value: BigInt(d) } })) },
      },
    },
  },
});

/** A file of one node, in any opset. */
function fileOf(
  op: string,
  dims: readonly number[],
  options: { opset?: number; domain?: string; attribute?: object[]; initializer?: object[] } = {},
): Uint8Array {
  const { opset = 17, domain = '', attribute = [], initializer = [] } = options;
  const names = (initializer as { name: string }[]).map(({ name }) => name);
  return toBinary(
    ModelProtoSchema,
    create(ModelProtoSchema, {
      irVersion: 8n,
      opsetImport: [{ domain: '', version: BigInt(opset) }],
      graph: {
        name: 'one',
        node: [{ opType: op, domain, name: 'the node', input: ['x', ...names], output: ['y'], attribute }],
        initializer,
        input: [floats('x', dims)],
        output: [floats('y', dims)],
      },
    }),
  );
}
const shapeOf = (file: Uint8Array, batch = 1): readonly number[] | undefined =>
  instantiate(readOnnx(file), { batch }).outputs['y']!.dims;

describe('graphs', () => {
  it('a file written and read again is the same graph', () => {
    const graph = instantiate(readOnnx(scenes), { batch: 2 });
    const again = instantiate(readOnnx(writeOnnx(graph)), { batch: 2 });
    const shapes = (g: Graph): string[] =>
      nodesOf(outputsOf(g)).map(({ op, outputs }) => `${op} ${outputs[0]!.name} ${outputs[0]!.dims?.join()}`);
    assert.deepEqual(shapes(again), shapes(graph));
  });

  it('weights are views into the file, not copies, where the file has them aligned', () => {
    const file = readOnnx(scenes);
    const large = [...file.constants.values()].filter(({ data }) => data.length > 64);
    assert.ok(large.length > 5);
    assert.ok(large.every(({ data }) => data.buffer === scenes.buffer || data.byteOffset === 0));
  });

  it('a Node Buffer gives the same weights as plain bytes', () => {
    const weights = (bytes: Uint8Array): number[] =>
      [...readOnnx(bytes).constants.values()].map(({ data }) => Number(data[0]));
    assert.deepEqual(weights(Buffer.concat([Buffer.from([0]), scenes]).subarray(1)), weights(scenes));
  });

  it('the batch is what is asked for', () => {
    for (const batch of [1, 3, 8])
      assert.deepEqual(instantiate(readOnnx(scenes), { batch }).outputs['logits']!.dims, [batch, 8]);
  });

  it('a file fixed to one picture is opened to more through its reshapes', () => {
    const shape = { name: 's', dims: [2n], dataType: 7, int64Data: [1n, 12n] };
    assert.deepEqual(shapeOf(fileOf('Reshape', [1, 3, 4], { initializer: [shape] }), 5), [5, 12]);
  });

  it('a softmax before opset 13 runs over all axes from its own on', () => {
    const old = instantiate(readOnnx(fileOf('Softmax', [1, 2, 3], { opset: 11 })), { batch: 1 });
    assert.match(print(old), /Reshape.*shape=\[1,6\]/);
    assert.doesNotMatch(print(instantiate(readOnnx(fileOf('Softmax', [1, 2, 3])), { batch: 1 })), /Reshape/);
  });

  it('a MaxPool whose windows overhang is one with pads: no window begins in the padding at the end', () => {
    const x = input('x', [1, 1, 2, 24]);
    const window = { kernel_shape: [1, 3], strides: [1, 3], dilations: [1, 1], pads: [0, 0, 0, 1], ceil_mode: 1 };
    const file = writeOnnx({ inputs: [x], outputs: { y: apply('MaxPool', [x], { ...window, storage_order: 0 }) } });
    const y = instantiate(readOnnx(file), { batch: 1 }).outputs['y']!;
    assert.deepEqual(y.dims, [1, 1, 2, 8]);
    assert.equal(y.node!.attributes['ceil_mode'], 0);
    assert.deepEqual(y.node!.attributes['pads'], [0, 0, 0, 0]);
  });

  it('what depends on constants alone is folded', () => {
    const x = input('x', [2]);
    const graph: Graph = { inputs: [x], outputs: { y: add(x, add(constant(1), constant(2))) } };
    const folded = instantiate(readOnnx(writeOnnx(graph)), { batch: 2 });
    assert.equal(nodesOf(outputsOf(folded)).length, 1);
    assert.match(print(folded), /Add\(x, 3\)/);
  });

  it('a rewrite leaves alone what it does not touch', () => {
    const x = input('x', [2]);
    const y = relu(x);
    const z = add(y, 1);
    assert.equal(rewrite([z], () => undefined)(z), z);
    const replaced = rewrite([z], ({ op }, [a]) => (op === 'Relu' ? [apply('Neg', [a])] : undefined))(z);
    assert.equal(replaced.node!.inputs[0]!.node!.op, 'Neg');
  });

  it('prints a node a line', () => {
    const x = input('x', [1, 2]);
    assert.equal(print({ inputs: [x], outputs: { y: relu(x) } }), 'input x [1×2]\n%1 [1×2] = Relu(x)\noutput y = %1');
  });

  const external = {
    name: 'w',
    dims: [4n],
    dataType: 1,
    dataLocation: 1,
    externalData: [{ key: 'location', value: 'weights.bin' }],
  };
  const refused: readonly [string, () => unknown, ErrorCode, RegExp][] = [
    [
      'an op that it does not know, by node, op and reason',
      () => shapeOf(fileOf('Einsum', [1, 4])),
      'unsupported',
      /'the node' \(Einsum\).*not an op/,
    ],
    [
      'an op of a foreign domain',
      () => shapeOf(fileOf('Thing', [1, 4], { domain: 'org.example' })),
      'unsupported',
      /org\.example:Thing/,
    ],
    [
      'weights in a file that was not handed over, by name',
      () => readOnnx(fileOf('Add', [4], { initializer: [external] })),
      'bad-model',
      /weights\.bin/,
    ],
    [
      'an external file that is too short',
      () =>
        readOnnx(
          fileOf('Add', [4], {
            initializer: [{ ...external, externalData: [...external.externalData, { key: 'length', value: '16' }] }],
          }),
          { 'weights.bin': new Uint8Array(8) },
        ),
      'bad-model',
      /too short/,
    ],
    [
      'an opset that is too new',
      () => readOnnx(fileOf('Relu', [4], { opset: 99 })),
      'unsupported',
      /opset is?\s?.*99|99/,
    ],
    ['an opset that is too old', () => readOnnx(fileOf('Relu', [4], { opset: 6 })), 'unsupported', /7 to 22/],
    [
      'an element type that it does not read, by the tensor',
      () => readOnnx(fileOf('Add', [4], { initializer: [{ name: 'w', dims: [4n], dataType: 8 }] })),
      'unsupported',
      /'w'.*string/,
    ],
    [
      'a tensor with too few bytes',
      () =>
        readOnnx(
          fileOf('Add', [4], { initializer: [{ name: 'w', dims: [4n], dataType: 1, rawData: new Uint8Array(8) }] }),
        ),
      'bad-model',
      /16 bytes but has 8/,
    ],
    [
      'shapes that do not broadcast, by the node',
      () =>
        shapeOf(fileOf('Add', [4], { initializer: [{ name: 'w', dims: [3n], dataType: 1, floatData: [1, 2, 3] }] }), 4),
      'bad-model',
      /'the node' \(Add\).*broadcast/,
    ],
  ];
  for (const [what, run, code, pattern] of refused) {
    it(`refuses ${what}`, () => {
      assert.throws(run, fails(code, pattern));
    });
  }

  it('takes weights from a file that is handed over', () => {
    const file = readOnnx(fileOf('Add', [4], { initializer: [external] }), {
      'weights.bin': new Uint8Array(Float32Array.of(1, 2, 3, 4).buffer),
    });
    assert.deepEqual(file.constants.get('w')!.data, tensor([4], [1, 2, 3, 4]).data);
  });

  it('widens half precision exactly', () => {
    const halves = Uint16Array.of(0x3c00, 0xc000, 0x0001, 0x7bff, 0x0000, 0x8400);
    const raw = { name: 'w', dims: [6n], dataType: 10, rawData: new Uint8Array(halves.buffer) };
    const { data } = readOnnx(fileOf('Add', [6], { initializer: [raw] })).constants.get('w')!;
    assert.deepEqual([...data], [1, -2, 2 ** -24, 65504, 0, -(2 ** -14)]);
  });
});
