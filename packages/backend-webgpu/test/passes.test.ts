import assert from 'node:assert/strict';
import { after, describe, it } from 'node:test';
import { cpu } from '@sightline/core';
import {
  conv,
  input,
  node,
  nodesOf,
  numbers,
  outputsOf,
  relu,
  type Graph,
  type Node,
  type Shaped,
} from '@sightline/core/graph';
import { random, size, tensor, type Tensor } from '@sightline/core/tensor';
import { interpret } from '../../../test/oracles/interpreter.ts';
import type { Reals } from '../../../test/oracles/array.ts';
import { built } from '../../../test/rules/case.ts';
import { opCases } from '../../../test/rules/cases.ts';
import { halved } from '../src/passes/half.ts';
import { lowered, lowerings } from '../src/passes/index.ts';
import { refuses } from '../src/refuses.ts';

const close = (actual: ArrayLike<number>, expected: ArrayLike<number>, tolerance: number): void => {
  assert.equal(actual.length, expected.length);
  for (let i = 0; i < expected.length; i++) {
    const apart = Math.abs(actual[i]! - expected[i]!);
    assert.ok(apart <= tolerance, `[${i}] is ${actual[i]}, not ${expected[i]}`);
  }
};
const opsOf = (graph: Graph): string[] => nodesOf(outputsOf(graph)).map(({ op }) => op);
const reals = (dims: readonly number[], data: readonly number[]): Reals => ({ dims, data: Float64Array.from(data) });

/** What the lowered graph of one output computes, in float64. */
function computed(y: Shaped, feeds: ReadonlyMap<Shaped, Reals>): Reals {
  const graph = lowered({ inputs: [...feeds.keys()], outputs: { y } });
  return interpret([graph.outputs['y']!], feeds)[0]!;
}

describe('Lowered for WebGPU', () => {
  for (const one of opCases.filter(({ op }) => lowerings[op])) {
    it(`${one.op} ${one.title} computes the same, in ops that the GPU has`, () => {
      const { y, inputs, feeds } = built(one, 5);
      const given = new Map([...feeds].map(([value, data]) => [value, { dims: value.dims, data }]));
      const graph = lowered({ inputs, outputs: { y } });
      const [expected, actual] = [interpret([y], given)[0]!, interpret([graph.outputs['y']!], given)[0]!];
      assert.deepEqual(actual.dims, expected.dims);
      close(actual.data, expected.data, 1e-6); // constants such as 1/α are float32
      const again = lowered(graph);
      assert.equal(again.outputs['y'], graph.outputs['y'], `a second time changes it: ${opsOf(again).join(' ')}`);
      assert.deepEqual(
        nodesOf(outputsOf(graph)).flatMap((n) => refuses(n) ?? []),
        [],
      );
    });
  }

  const [a, b, c] = ['a', 'b', 'c'].map((name) => input(name, [2, 2])) as [Shaped, Shaped, Shaped];
  const feeds = new Map([
    [a, reals([2, 2], [1, 2, 3, 4])],
    [b, reals([2, 2], [0, -1, 5, 4])],
    [c, reals([2, 2], [2, 2, 2, -4])],
  ]);
  /** The graph has no shape rule for ops that never get as far as a backend. */
  const square = ({ outputs: [y] }: Node): Shaped => Object.assign(y!, { dims: [2, 2] });
  const of = (op: string, inputs: readonly Shaped[]): number[] => [...computed(square(node(op, inputs)), feeds).data];

  it('Sum, Mean, Max and Min take any number of operands', () => {
    assert.deepEqual(of('Sum', [a, b, c]), [3, 3, 10, 4]);
    assert.deepEqual(of('Sum', [a]), [1, 2, 3, 4]);
    close(of('Mean', [a, b, c]), [1, 1, 10 / 3, 4 / 3], 1e-6);
    assert.deepEqual(of('Max', [a, b, c]), [2, 2, 5, 4]);
    assert.deepEqual(of('Min', [a, b, c]), [0, -1, 2, -4]);
    assert.deepEqual(of('Max', [a]), [1, 2, 3, 4]);
  });

  it('Dropout and Identity are gone', () => {
    for (const op of ['Dropout', 'Identity']) {
      const y = relu(square(node(op, [relu(a)])));
      assert.deepEqual(opsOf(lowered({ inputs: [a], outputs: { y } })), ['Relu', 'Relu']);
    }
  });

  it('Round takes halves to the even number', () => {
    const x = input('x', [8]);
    const values = [-2.5, -1.5, -0.5, 0.5, 1.5, 2.5, 0.49999997, -1e-10];
    const { data } = computed(node('Round', [x]).outputs[0] as Shaped, new Map([[x, reals([8], values)]]));
    close(data, [-2, -2, 0, 0, 2, 2, 0, 0], 0);
  });

  it('GroupNormalization has each group for an instance; scale and shift are one a group or one a channel', () => {
    const x = input('x', [1, 4, 2]);
    const values = [1, 3, 5, 7, 0, 0, 2, 2];
    const groups = [-1.341641, -0.447214, 0.447214, 1.341641, -1, -1, 1, 1];
    const normalised = (scale: number[], shift: number[]): Float64Array => {
      const inputs = [x, numbers([scale.length], scale), numbers([shift.length], shift)];
      const y = node('GroupNormalization', inputs, { num_groups: 2, epsilon: 0 }).outputs[0] as Shaped;
      return computed(y, new Map([[x, reals([1, 4, 2], values)]])).data;
    };
    const apart = 1e-6;
    close(
      normalised([2, 3], [0, 1]),
      groups.map((v, i) => (i < 4 ? 2 * v : 3 * v + 1)),
      apart,
    );
    close(
      normalised([1, 2, 3, 4], [0, 0, 5, 0]),
      groups.map((v, i) => v * (1 + (i >> 1)) + (i >> 1 === 2 ? 5 : 0)),
      apart,
    );
  });
});

describe('Refused on WebGPU, by node, op and reason', () => {
  const x = input('x', [2, 3]);
  const whole = input('n', [2, 3], 'int64');
  for (const [what, made, reason] of [
    [
      'an op of another domain',
      node('Gelu', [x], {}, { domain: 'com.microsoft', name: 'head' }),
      /'head' \(Gelu\).*com\.microsoft/,
    ],
    ['an op that nobody checked', node('Hardmax', [x], {}, { name: 'odd' }), /'odd' \(Hardmax\).*checked/],
    ['arithmetic of whole numbers', node('Add', [whole, whole], {}, { name: 'count' }), /'count' \(Add\).*int64/],
    ['doubles', node('Cast', [x], { to: 11 }), /Cast.*float64/],
    ['a remainder', node('Mod', [x, x]), /Mod.*division/],
    [
      'indices of maxima',
      node(
        'MaxPool',
        [input('p', [1, 1, 4, 4])],
        { kernel_shape: [2, 2], strides: [2, 2], dilations: [1, 1], pads: [0, 0, 0, 0] },
        { outputs: ['y', 'indices'] },
      ),
      /Indices/,
    ],
  ] as const) {
    it(what, () => assert.match(refuses(made) ?? 'nothing', reason));
  }

  it('but not places to gather from', () => {
    assert.equal(refuses(node('Gather', [x, whole], { axis: 0 })), undefined);
    assert.match(refuses(node('Gather', [whole, whole], { axis: 0 })) ?? 'nothing', /int64/);
  });
});

describe('In half precision', async () => {
  const backend = await cpu();
  after(() => backend.dispose());
  const { next } = random(1);
  const drawn = (dims: readonly number[]): Tensor =>
    tensor(
      dims,
      Array.from({ length: size(dims) }, () => 2 * next() - 1),
    );
  const x = input('x', [1, 3, 8, 8]);
  const window = { kernel_shape: [3, 3], strides: [1, 1], dilations: [1, 1], pads: [1, 1, 1, 1], group: 1 };
  const hidden = relu(conv(x, numbers([8, 3, 3, 3], drawn([8, 3, 3, 3]).data), window));
  const graph: Graph = {
    inputs: [x],
    outputs: { y: conv(hidden, numbers([4, 8, 3, 3], drawn([4, 8, 3, 3]).data), window) },
  };
  const feeds = { x: drawn([1, 3, 8, 8]) };
  const run = async (which: Graph): Promise<Float32Array> => {
    const program = await backend.compile(which);
    const { y } = await program.run(feeds);
    await program.release();
    return (y as Tensor).data;
  };

  it('convolutions are cast on the way in and out, and nothing else', () => {
    const half = halved(graph);
    assert.deepEqual(
      opsOf(half).filter((op) => op !== 'Cast'),
      ['Conv', 'Relu', 'Conv'],
    );
    assert.equal(opsOf(half).length, 9);
    const again: Graph = { inputs: [x], outputs: { y: relu(x) } };
    assert.deepEqual(opsOf(halved(again)), ['Relu']);
  });

  it('two layers lose three digits at most: half has eleven bits, and errors of 27 and 72 products partly cancel', async () => {
    const [expected, actual] = await Promise.all([run(graph), run(halved(graph))]);
    const largest = expected.reduce((most, v) => Math.max(most, Math.abs(v)), 0);
    close(actual, expected, 2e-3 * largest);
    assert.notDeepEqual(actual, expected); // it was half precision indeed
  });
});
