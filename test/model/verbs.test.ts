import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { classTarget, cpu, random, tensor, type Backend, type Tensor } from '@sightline/core';
import { apply, gemm, input, node, numbers, readOnnx, relu, reshape, shaped, writeOnnx } from '@sightline/core/graph';
import type { Shaped } from '@sightline/core/graph';
import { bindModel } from '../../packages/core/src/model/bind.ts';
import { Job } from '../../packages/core/src/model/job.ts';
import type { Model } from '../../packages/core/src/model/model.ts';
import { Network } from '../../packages/core/src/model/network.ts';
import { size } from '../../packages/core/src/tensor/tensor.ts';
import { convolution, drawing, flat, gap, maxPool } from '../nets/layers.ts';
import { blended, masksOf } from '../nets/masks.ts';

const draw = drawing(8, 0.5);
const rng = random(9);
const [stem, fc, hidden] = [draw([4, 3, 3, 3]), draw([5, 4]), draw([4, 4])];

const averagePool = (x: Shaped, kernel: number, stride: number, pad: number): Shaped =>
  apply('AveragePool', [x], {
    ...{ kernel_shape: [kernel, kernel], strides: [stride, stride], pads: [pad, pad, pad, pad] },
    ...{ dilations: [1, 1], ceil_mode: 0, count_include_pad: 1 },
  });

const ends = {
  linear: (A: Shaped) => gemm(gap(A), fc, true),
  hidden: (A: Shaped) => gemm(relu(gemm(gap(A), hidden, true)), fc, true),
  flattened: (A: Shaped) =>
    gemm(reshape(A, [A.dims[0]!, 4 * 49]), numbers([5, 4 * 49], new Float32Array(980).fill(0.1)), true),
  pooledFirst: (A: Shaped) => gemm(gap(maxPool(A)), fc, true),
  // 1 × 1 comes out of both, and neither is the mean of everything.
  edgeLeftOut: (A: Shaped) => gemm(flat(averagePool(A, 4, 4, 0)), fc, true),
  padded: (A: Shaped) => gemm(flat(averagePool(A, 9, 1, 1)), fc, true),
  pooledWhole: (A: Shaped) => gemm(flat(averagePool(A, 7, 1, 0)), fc, true),
};
const side = 7;
const dims = [3, side, side] as const;

describe('the verbs that CAMs ask for', () => {
  let backend: Backend;
  before(async () => void (backend = await cpu()));
  after(() => backend.dispose());
  const picture = tensor(
    [1, ...dims],
    Float32Array.from({ length: size(dims) }, () => rng.normal()),
  );
  const model = (end: keyof typeof ends): Model => {
    const x = input('x', [1, ...dims]);
    const c = convolution(x, stem);
    const A = shaped(node('Relu', [c], {}, { name: 'act', outputs: ['A'] }).outputs[0]!);
    const file = readOnnx(writeOnnx({ inputs: [x], outputs: { logits: ends[end](A) } }));
    return bindModel(new Job(new Network(file, backend), async () => undefined));
  };

  it('classWeights: the rows of the fully connected layer, and their sum for a target of several classes', async () => {
    const weights = await model('linear').classWeights(
      {
        weights: [
          [1, 1],
          [3, -2],
        ],
        of: 'logit',
      },
      'A',
    );
    const w = fc.constant!.data as Float32Array;
    weights.data.forEach((v, k) => assert.ok(Math.abs(v - (w[4 + k]! - 2 * w[12 + k]!)) < 1e-6));
  });

  it('classWeights: refuses every other head, with the op in the way', async () => {
    const refused = (end: keyof typeof ends, message: RegExp) =>
      assert.rejects(model(end).classWeights(classTarget(0), 'A'), { code: 'unsupported', message });
    await refused('hidden', /Relu/);
    await refused('flattened', /Reshape/);
    await refused('pooledFirst', /MaxPool/);
    await refused('edgeLeftOut', /AveragePool/);
    await refused('padded', /AveragePool/);
    await assert.doesNotReject(model('pooledWhole').classWeights(classTarget(0), 'A'));
    await assert.rejects(model('linear').classWeights(classTarget(0, 'probability'), 'A'), { code: 'unsupported' });
  });

  it('tapAtSize: at its own size it is tap, and at another the layer has another size', async () => {
    const net = model('linear');
    const [own, tapped] = [
      await net.tapAtSize(picture, classTarget(2), 'A'),
      await net.tap(picture, classTarget(2), 'A'),
    ];
    assert.deepEqual(own, tapped);
    const larger = await net.tapAtSize(tensor([1, 3, 10, 12], 1), classTarget(2), 'A');
    assert.deepEqual(
      [larger.activation.dims, larger.gradient.dims],
      [
        [1, 4, 10, 12],
        [1, 4, 10, 12],
      ],
    );
  });

  it('tapAtSize: refuses a network made for its own size, with the node, and pictures that are none', async () => {
    const larger = tensor([1, 3, 10, 12], 1);
    await assert.rejects(model('flattened').tapAtSize(larger, classTarget(0), 'A'), {
      code: 'unsupported',
      message: /10 × 12.*Reshape/s,
    });
    const net = model('linear');
    for (const bad of [tensor([1, 4, 7, 7]), tensor([2, 3, 7, 7]), tensor([3, 7, 7])] as readonly Tensor[])
      await assert.rejects(net.tapAtSize(bad, classTarget(0), 'A'), { code: 'bad-input' });
  });

  it('maskedScore and maskedSum: maps become masks as in plain loops, a constant one hides all', async () => {
    const net = model('hidden');
    const maps = tensor(
      [4, 3, 2],
      Float32Array.from({ length: 24 }, (_, i) => (i < 18 ? rng.normal() : 5.3)),
    );
    const masks = masksOf({ maps }, dims);
    assert.ok(masks[3]!.every((v) => v === 0));
    for (const baseline of [
      undefined,
      tensor(
        [1, ...dims],
        Float32Array.from({ length: size(dims) }, () => rng.normal()),
      ),
    ]) {
      const got = await net.maskedScore(picture, classTarget(1, 'probability'), { maps }, baseline);
      const sum = new Float64Array(side * side);
      for (const [n, mask] of masks.entries()) {
        const [wanted] = await net.score(blended(picture, mask, baseline), classTarget(1, 'probability'));
        assert.ok(Math.abs(got[n]! - wanted!) < 1e-5, `${got[n]}, not ${wanted}`);
        mask.forEach((m, i) => (sum[i]! += m * wanted!));
      }
      const total = await net.maskedSum(picture, classTarget(1, 'probability'), baseline);
      await total.add({ maps });
      const { sum: added } = await total.read();
      total.close();
      sum.forEach((v, i) => assert.ok(Math.abs(added.data[i]! - v) < 1e-4));
    }
    await assert.rejects(net.maskedScore(picture, classTarget(1), { maps: tensor([3, 2]) }), { code: 'bad-input' });
  });

  it('relevance: what arrives at the layer sums to the logit where no layer has a bias', async () => {
    const net = model('hidden');
    const { relevance, score } = await net.relevance(picture, classTarget(1), 'A', { name: 'epsilon', epsilon: 1e-9 });
    const total = relevance.data.reduce((a, b) => a + b, 0);
    assert.ok(Math.abs(total - score) < 1e-4 * Math.max(1, Math.abs(score)), `${total} and ${score}`);
    const likely = net.relevance(picture, classTarget(1, 'probability'), 'A', { name: 'epsilon', epsilon: 1e-9 });
    await assert.rejects(likely, { code: 'unsupported', message: /explains logits/ });
  });
});
