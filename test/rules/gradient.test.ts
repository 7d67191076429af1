import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { backward, differentiable, gradient, type Composite } from '../../packages/core/src/backward/index.ts';
import { apply, input, node } from '../../packages/core/src/graph/build.ts';
import { conv, max, numbers, zeros } from '../../packages/core/src/graph/ops.ts';
import { nodesOf } from '../../packages/core/src/graph/walk.ts';
import { random } from '../../packages/core/src/tensor/random.ts';
import { size } from '../../packages/core/src/tensor/tensor.ts';
import type { Shaped, Value } from '../../packages/core/src/graph/value.ts';
import { built, type OpCase } from './case.ts';
import { opCases } from './cases.ts';
import { centralDifferences, distance, evaluate, type Feeds } from './differences.ts';

const all: Composite = [['*', gradient]];
const drawn = (n: number, seed: number): Float64Array => {
  const rng = random(seed);
  return Float64Array.from({ length: n }, () => rng.next() * 2 - 1);
};

/** Constants are float32 (√2 and the like), so a few 1e-8 are the graph's own; differences of step 1e-5 add some 1e-10. */
const tolerance = 1e-6;

interface Walked {
  readonly shares: readonly Shaped[];
  readonly feeds: Feeds;
}
/** Gradients of `y` to `inputs`, seeded by an input of the graph. */
function walked(
  y: Shaped,
  inputs: readonly Shaped[],
  feeds: Feeds,
  name: string,
  seed: number,
): Walked & { readonly dy: Shaped } {
  const dy = input(name, y.dims);
  const result = backward(new Map([[y, dy]]), inputs, all);
  return { dy, shares: inputs.map((x) => result.get(x)!), feeds: new Map([...feeds, [dy, drawn(size(y.dims), seed)]]) };
}
function check(
  y: Shaped,
  shares: readonly Shaped[],
  inputs: readonly Shaped[],
  weights: Float64Array,
  feeds: Feeds,
  order: string,
): void {
  const found = evaluate(shares, feeds);
  inputs.forEach((x, i) => {
    const apart = distance(found[i]!, centralDifferences(y, weights, x, feeds));
    assert.ok(
      apart < tolerance,
      `${order} derivative to ${x.name}: ${apart.toExponential(1)} away from the differences`,
    );
  });
}

function firstAndSecond(opCase: OpCase): void {
  const { y, inputs, feeds } = built(opCase, 7);
  const first = walked(y, inputs, feeds, 'dy', 8);
  check(y, first.shares, inputs, first.feeds.get(first.dy)!, first.feeds, 'first');
  const variables = [...inputs, first.dy];
  first.shares.forEach((share, i) => {
    const second = walked(share, variables, first.feeds, `dd${i}`, 9 + i);
    check(
      share,
      second.shares,
      variables,
      second.feeds.get(second.dy)!,
      second.feeds,
      `second (of the share of x${i})`,
    );
  });
}

describe('The gradient rules', () => {
  it('have a case for each op', () => {
    const covered = new Set(opCases.map(({ op }) => op));
    assert.deepEqual(
      differentiable.filter((op) => !covered.has(op)),
      [],
    );
    assert.deepEqual(
      [...covered].filter((op) => !(differentiable as readonly string[]).includes(op)),
      [],
    );
  });
  it('emit only ops that have a gradient themselves', () => {
    for (const opCase of opCases) {
      const { y, inputs, feeds } = built(opCase, 7);
      for (const { op } of nodesOf(walked(y, inputs, feeds, 'dy', 8).shares)) {
        assert.ok((differentiable as readonly string[]).includes(op), `${opCase.op} (${opCase.title}) emits ${op}`);
      }
    }
  });
  it('emit no slice with a negative step', () => {
    for (const opCase of opCases.filter(({ op }) => op !== 'Slice')) {
      const { y, inputs, feeds } = built(opCase, 7);
      for (const { op, attributes } of nodesOf(walked(y, inputs, feeds, 'dy', 8).shares)) {
        if (op === 'Slice') assert.ok((attributes['steps'] as number[]).every((step) => step > 0));
      }
    }
  });
  for (const opCase of opCases) {
    it(`give the first and second derivatives of ${opCase.op} ${opCase.title}`, () => firstAndSecond(opCase));
  }
});

/** The gradient of Σ y at given data. */
function slopes(x: Shaped, values: readonly number[], y: Shaped): number[] {
  const share = backward(new Map([[y, numbers(y.dims, new Float32Array(size(y.dims)).fill(1))]]), [x], all).get(x)!;
  return [...evaluate([share], new Map([[x, Float64Array.from(values)]]))[0]!];
}
const pool = (kernel: number[], strides: number[], pads: number[]): Record<string, number | number[]> => ({
  kernel_shape: kernel,
  strides,
  pads,
  dilations: kernel.map(() => 1),
  ceil_mode: 0,
  storage_order: 0,
});

describe('Where elements tie', () => {
  it('the first maximum of a pooling window in scan order takes all', () => {
    const x = input('x', [1, 1, 2, 4]);
    const y = apply('MaxPool', [x], pool([2, 2], [2, 2], [0, 0, 0, 0]));
    assert.deepEqual(slopes(x, [0, 5, 1, 1, 5, 5, 1, 1], y), [0, 1, 1, 0, 0, 0, 0, 0]);
  });
  it('a window of zeros at a padded corner passes to its first real element', () => {
    const x = input('x', [1, 1, 3, 3]);
    const y = apply('MaxPool', [x], pool([3, 3], [2, 2], [1, 1, 1, 1]));
    assert.deepEqual(slopes(x, [0, 0, 0, 0, 0, 0, 0, 0, 0], y), [1, 1, 0, 1, 1, 0, 0, 0, 0]);
  });
  it('overlapping windows each choose their own first, row before column', () => {
    const x = input('x', [1, 1, 3, 3]);
    const y = apply('MaxPool', [x], pool([2, 2], [1, 1], [0, 0, 0, 0]));
    assert.deepEqual(slopes(x, [1, 2, 1, 2, 0, 2, 2, 2, 0], y), [0, 2, 0, 1, 0, 1, 0, 0, 0]);
  });
  it('a global max pool passes to the first maximum', () => {
    const x = input('x', [1, 1, 2, 2]);
    assert.deepEqual(slopes(x, [1, 3, 3, 3], apply('GlobalMaxPool', [x])), [0, 1, 0, 0]);
  });
  it('the operands of Max and Min share half and half', () => {
    const x = input('x', [3]);
    assert.deepEqual(slopes(x, [1, 2, 3], max(x, numbers([3], [2, 2, 2]))), [0, 0.5, 1]);
    assert.deepEqual(slopes(x, [1, 2, 3], apply('Min', [x, numbers([3], [2, 2, 2])])), [1, 0.5, 0]);
  });
  it('all maxima of a ReduceMax share alike', () => {
    const x = input('x', [1, 4]);
    assert.deepEqual(slopes(x, [2, 0, 2, 1], apply('ReduceMax', [x], { axes: [1], keepdims: 1 })), [0.5, 0, 0.5, 0]);
  });
  it('a Clip passes at both of its ends, a ReLU and a ReLU6 at none', () => {
    const x = input('x', [3]);
    assert.deepEqual(slopes(x, [-1, 0, 2], apply('Clip', [x], { min: -1, max: 2 })), [1, 1, 1]);
    assert.deepEqual(slopes(x, [0, 3, 6], apply('Clip', [x], { min: 0, max: 6 })), [0, 1, 0]);
    assert.deepEqual(slopes(x, [-1, 0, 1], apply('Relu', [x])), [0, 0, 1]);
  });
  it('a norm of zero passes zero', () => {
    const x = input('x', [1, 2]);
    assert.deepEqual(slopes(x, [0, 0], apply('ReduceL2', [x], { axes: [1], keepdims: 1 })), [0, 0]);
  });
});

describe('The walk', () => {
  const weights = numbers([2, 2, 1, 1], [1, 2, 3, 4]);
  const plain = { kernel_shape: [1, 1], strides: [1, 1], pads: [0, 0, 0, 0], dilations: [1, 1], group: 1 };
  const picture = input('picture', [1, 2, 2, 2]);
  const layer = apply('Relu', [conv(picture, weights, plain)]);
  const score = conv(layer, weights, plain);
  const seed = input('seed', score.dims);
  const grad = (to: readonly Value[]): Map<Value, Shaped> => backward(new Map([[score, seed]]), to, all);

  it('to a layer emits the backward pass of the rest of the network and nothing else', () => {
    const ops = nodesOf([grad([layer]).get(layer)!]).map(({ op }) => op);
    assert.deepEqual(ops, ['ConvTranspose']);
  });
  it('to several values at once passes through each of them', () => {
    const both = grad([layer, picture]);
    const feeds: Feeds = new Map([
      [picture, drawn(8, 1)],
      [seed, drawn(8, 2)],
    ]);
    const apart = evaluate([grad([layer]).get(layer)!, grad([picture]).get(picture)!], feeds);
    assert.deepEqual(evaluate([both.get(layer)!, both.get(picture)!], feeds), apart);
  });
  it('gives zeros to a value that nothing flows to', () => {
    const stranger = input('stranger', [3]);
    assert.deepEqual(grad([stranger]).get(stranger), zeros([3]));
  });
  it('refuses an op without a rule by node, op and reason', () => {
    const strange = node('ReduceProd', [layer], { axes: [1], keepdims: 1 }, { name: 'head/prod' })
      .outputs[0]! as Shaped;
    assert.throws(() => backward(new Map([[strange, strange]]), [picture], all), {
      name: 'SightlineError',
      code: 'unsupported',
      message: "node 'head/prod' (ReduceProd): no gradient rule for this op",
      details: { node: 'head/prod', op: 'ReduceProd', reason: 'no gradient rule for this op' },
    });
  });
  it('refuses an op whose shape nobody knows', () => {
    const hidden = node('Attention', [picture], {}, { domain: 'com.microsoft', name: 'mystery', outputs: ['z'] })
      .outputs[0]!;
    assert.throws(() => backward(new Map([[hidden, seed]]), [picture], all), /is not known/);
  });
  it('refuses a composite that has no rule for a node', () => {
    assert.throws(
      () => backward(new Map([[score, seed]]), [layer], [['Relu', gradient]]),
      /\(Conv\): no rule of the composite matches this op/,
    );
  });
  it('refuses gradients that a rule does not have, by name', () => {
    const grouped = node('Conv', [picture, input('w', [2, 1, 1, 1])], { ...plain, group: 2 }, { name: 'dw' });
    const [y] = grouped.outputs as [Shaped];
    assert.throws(
      () => backward(new Map([[y, y]]), [grouped.inputs[1]!], all),
      /node 'dw' \(Conv\): no gradient to the weights of a grouped convolution/,
    );
    const gather = node('Gather', [picture, input('i', [1], 'int64')], { axis: 0 }, { name: 'pick' })
      .outputs[0] as Shaped;
    assert.throws(
      () => backward(new Map([[gather, gather]]), [picture], all),
      /node 'pick' \(Gather\): .*not constant/,
    );
  });
  it('refuses a seed of another shape', () => {
    assert.throws(() => backward(new Map([[score, input('seed', [1, 2])]]), [picture], all), { code: 'bad-input' });
  });
});
