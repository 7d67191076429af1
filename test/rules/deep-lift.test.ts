import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { backward, deepLift, gradient } from '../../packages/core/src/backward/index.ts';
import { apply, input } from '../../packages/core/src/graph/build.ts';
import {
  add,
  concat,
  div,
  expand,
  gemm,
  matMul,
  mul,
  numbers,
  reduceMax,
  reshape,
  sigmoid,
  softmax,
  sub,
} from '../../packages/core/src/graph/ops.ts';
import { rewrite } from '../../packages/core/src/graph/walk.ts';
import { random } from '../../packages/core/src/tensor/random.ts';
import { size } from '../../packages/core/src/tensor/tensor.ts';
import type { Shaped, Value } from '../../packages/core/src/graph/value.ts';
import { convolution, gap, maxPool } from '../nets/layers.ts';
import { distance, evaluate } from './differences.ts';

const rng = random(11);
const draw = (dims: readonly number[], low = -1, high = 1): Shaped =>
  numbers(
    dims,
    Float32Array.from({ length: size(dims) }, () => low + (high - low) * rng.next()),
  );
const conv3 = (x: Shaped, channels: number, stride = 1): Shaped =>
  convolution(x, draw([channels, x.dims[1]!, 3, 3]), draw([channels]), stride);
const relu = (x: Shaped): Shaped => apply('Relu', [x]);
const classify = (x: Shaped): Shaped => gemm(gap(x), draw([3, x.dims[1]!]), true);

const nets: Readonly<Record<string, (x: Shaped) => Shaped>> = {
  'of convolutions and ReLUs': (x) => classify(relu(conv3(relu(conv3(x, 4)), 4, 2))),
  'with max pooling that overlaps': (x) => classify(relu(conv3(maxPool(relu(conv3(x, 4)), 3, 1), 4))),
  'with max pooling of signed data': (x) => classify(maxPool(conv3(x, 4), 3, 1)),
  'with ReLU6 and hard swish': (x) =>
    classify(apply('HardSwish', [conv3(apply('Clip', [mul(conv3(x, 4), 3)], { min: 0, max: 6 }), 3)])),
  'with a squeeze-excite gate': (x) => {
    const features = relu(conv3(x, 4));
    const gate = sigmoid(gemm(gap(features), draw([4, 4])));
    return classify(mul(features, reshape(gate, [features.dims[0]!, 4, 1, 1])));
  },
  'with swish, residuals and concatenation': (x) => {
    const a = conv3(x, 3);
    const b = mul(a, sigmoid(a));
    return classify(concat([add(b, conv3(b, 3)), sub(a, b)], 1));
  },
  'with a product of data and a quotient': (x) => {
    const a = reshape(conv3(x, 2), [x.dims[0]!, 2, 30]);
    const attention = matMul(a, apply('Transpose', [sigmoid(a)], { perm: [0, 2, 1] }));
    const below = add(apply('Exp', [reduceMax(attention, [2])]), 1);
    return reshape(div(attention, below), [x.dims[0]!, 4]);
  },
  'with a global max pool': (x) => reshape(apply('GlobalMaxPool', [conv3(x, 3)]), [x.dims[0]!, 3]),
};

/** The same graph over another input. */
const over = (y: Value, from: Value, to: Value): ((value: Value) => Shaped) =>
  rewrite(
    [y],
    () => undefined,
    (leaf) => (leaf === from ? to : leaf),
  ) as (value: Value) => Shaped;

function multipliers(net: (x: Shaped) => Shaped, batch = 1) {
  const x = input('x', [batch, 2, 5, 6]);
  const y = net(x);
  const seed = draw(y.dims);
  return { x, y, seed };
}

describe('DeepLIFT-Rescale', () => {
  for (const [name, net] of Object.entries(nets)) {
    it(`accounts for all of the difference to a reference in a network ${name}`, () => {
      const { x, y, seed } = multipliers(net, 2);
      const data = draw(x.dims).constant!.data as Float32Array;
      for (const origin of [numbers(x.dims, new Float32Array(size(x.dims))), draw(x.dims)]) {
        const reference = over(y, x, origin);
        const m = backward(new Map([[y, seed]]), [x], deepLift(reference)).get(x)!;
        const perPicture = (value: Shaped): Shaped =>
          apply('ReduceSum', [value], { axes: value.dims.map((_, i) => i).slice(1), keepdims: 0 });
        const found = perPicture(mul(m, sub(x, origin)));
        const due = perPicture(mul(seed, sub(y, reference(y))));
        const [a, b] = evaluate([found, due], new Map([[x, Float64Array.from(data)]]));
        // The graph's constants are float32: a mean over 30 elements and its gradient differ by 1/30's rounding, 5e-8.
        assert.ok(distance(a!, b!) < 2e-7, `${String(a)} for ${String(b)}`);
      }
    });
  }
  it('takes one reference for a whole batch', () => {
    const { x, y, seed } = multipliers(nets['with max pooling that overlaps']!, 2);
    const feeds = new Map([[x, Float64Array.from({ length: size(x.dims) }, () => rng.next())]]);
    const single = draw([1, 2, 5, 6]);
    const wide = over(y, x, expand(single, x.dims));
    // Values of one picture: an op that keeps the batch is rebuilt at batch 1.
    const first = (value: Value): Shaped =>
      apply('Slice', [wide(value)], {
        starts: value.dims!.map(() => 0),
        ends: value.dims!.map((d, i) => (i === 0 ? 1 : d)),
        steps: value.dims!.map(() => 1),
      });
    const narrowed = (value: Value): Shaped => (value.dims![0] === 2 ? first(value) : wide(value));
    const [a, b] = [wide, narrowed].map(
      (reference) => evaluate([backward(new Map([[y, seed]]), [x], deepLift(reference)).get(x)!], feeds)[0]!,
    );
    assert.ok(distance(a!, b!) < 1e-12);
  });
  it('is the plain gradient where input and reference are the same', () => {
    const { x, y, seed } = multipliers(nets['with a squeeze-excite gate']!);
    const feeds = new Map([[x, Float64Array.from({ length: size(x.dims) }, () => rng.next())]]);
    const [m, slope] = [deepLift((value) => value as Shaped), [['*', gradient]] as const].map(
      (composite) => evaluate([backward(new Map([[y, seed]]), [x], composite).get(x)!], feeds)[0]!,
    );
    assert.ok(distance(m!, slope!) < 1e-12);
  });
  it('refuses what mixes elements nonlinearly, by node, op and reason', () => {
    const x = input('x', [1, 4]);
    const y = softmax(x, 1);
    const composite = deepLift((value) => value as Shaped);
    assert.throws(
      () => backward(new Map([[y, y]]), [x], composite),
      /\(Softmax\): DeepLIFT-Rescale has no rule for this op/,
    );
    const both = apply('Max', [x, sigmoid(x)]);
    assert.throws(() => backward(new Map([[both, both]]), [x], composite), /\(Max\): .*more than one operand/);
  });
});
