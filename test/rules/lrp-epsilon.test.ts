import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { backward, lrpEpsilon } from '../../packages/core/src/backward/index.ts';
import { apply, input } from '../../packages/core/src/graph/build.ts';
import {
  add,
  concat,
  conv,
  gemm,
  mul,
  numbers,
  relu,
  reshape,
  sigmoid,
  softmax,
  transpose,
} from '../../packages/core/src/graph/ops.ts';
import { random } from '../../packages/core/src/tensor/random.ts';
import { size } from '../../packages/core/src/tensor/tensor.ts';
import type { Shaped, Value } from '../../packages/core/src/graph/value.ts';
import { convolution, drawing, maxPool } from '../nets/layers.ts';
import { distance, evaluate } from './differences.ts';

/** LRP-ε by the book: R_i = Σ_j x_i w_ji R_j / (z_j + ε sign z_j), with every layer written out as a matrix. */

const rng = random(17);
const drawn = (count: number): Float64Array => Float64Array.from({ length: count }, () => rng.normal());
const draw = drawing(18);

/** The matrix and the offset of a layer that is affine in x, read off its answers to zeros and to unit vectors. */
function matrixOf(y: Shaped, x: Shaped): { W: Float64Array[]; b: Float64Array } {
  const at = (v: Float64Array): Float64Array => evaluate([y], new Map([[x, v]]))[0]!;
  const n = size(x.dims);
  const b = at(new Float64Array(n));
  return {
    W: Array.from({ length: n }, (_, i) => at(new Float64Array(n).fill(1, i, i + 1)).map((v, j) => v - b[j]!)),
    b,
  };
}

function byTheBook(y: Shaped, x: Shaped, at: Float64Array, R: Float64Array, epsilon: number): Float64Array {
  const { W, b } = matrixOf(y, x);
  const z = b.map((start, j) => at.reduce((sum, v, i) => sum + v * W[i]![j]!, start));
  return at.map((v, i) =>
    R.reduce((sum, r, j) => sum + (v * W[i]![j]! * r) / (z[j]! + (z[j]! < 0 ? -epsilon : epsilon)), 0),
  );
}

const layers: Readonly<Record<string, (x: Shaped) => Shaped>> = {
  'a convolution with a bias': (x) => convolution(x, draw([3, 2, 3, 3]), draw([3])),
  'a grouped convolution with a stride': (x) =>
    conv(x, draw([2, 1, 2, 2]), {
      ...{ kernel_shape: [2, 2], strides: [2, 2], pads: [0, 0, 0, 0], dilations: [1, 1], group: 2 },
    }),
  'a fully connected layer': (x) => gemm(reshape(x, [1, 32]), draw([5, 32]), true),
  'global average pooling': (x) => apply('GlobalAveragePool', [x]),
  'a sum with constants': (x) => add(x, draw([2, 1, 1])),
  'a product with constants': (x) => mul(x, draw([2, 1, 1])),
  'a sum of two parts of the data': (x) => add(x, transpose(x, [0, 1, 3, 2])),
};

describe('LRP-ε', () => {
  for (const [name, layer] of Object.entries(layers)) {
    for (const epsilon of [1e-9, 1e-6, 0.25]) {
      it(`is the matrix form at ${name}, ε = ${epsilon}`, () => {
        const x = input('x', [1, 2, 4, 4]);
        const y = layer(x);
        const [at, R] = [drawn(32), drawn(size(y.dims))];
        const seed = numbers(y.dims, Float32Array.from(R));
        const result = backward(new Map<Value, Shaped>([[y, seed]]), [x], lrpEpsilon(epsilon)).get(x)!;
        const [got] = evaluate([result], new Map([[x, at]]));
        const expected = byTheBook(y, x, at, Float64Array.from(Float32Array.from(R)), epsilon);
        assert.ok(distance(got!, expected) < 1e-6);
      });
    }
  }

  it('conserves relevance through a network without biases', () => {
    const x = input('x', [1, 2, 4, 4]);
    const c = convolution(x, draw([4, 2, 3, 3]));
    const p = maxPool(relu(c));
    const y = gemm(reshape(concat([p, mul(p, -2)], 1), [1, 32]), draw([3, 32]), true);
    const seed = numbers([1, 3], [1, 0, 2]);
    const result = backward(new Map<Value, Shaped>([[y, seed]]), [x], lrpEpsilon()).get(x)!;
    const [R] = evaluate([result], new Map([[x, drawn(32)]]));
    assert.ok(Math.abs(R!.reduce((a, b) => a + b, 0) - 3) < 1e-5);
  });

  it('gives all to the signal at a gate, whichever side it is on', () => {
    const x = input('x', [1, 2, 4, 4]);
    const gate = sigmoid(apply('GlobalAveragePool', [x]));
    for (const y of [
      mul(x, gate),
      mul(gate, x),
      mul(x, sigmoid(x)),
      mul(sigmoid(x), x),
      mul(x, mul(add(apply('Erf', [x]), 1), 0.5)),
    ]) {
      const seed = draw(y.dims);
      const result = backward(new Map<Value, Shaped>([[y, seed]]), [x], lrpEpsilon()).get(x)!;
      assert.ok(
        distance(...(evaluate([result, seed], new Map([[x, drawn(32)]])) as [Float64Array, Float64Array])) < 1e-9,
      );
    }
  });

  it('refuses what it has no rule for, by name', () => {
    const x = input('x', [1, 4]);
    const walk = (y: Shaped) => () => backward(new Map<Value, Shaped>([[y, draw(y.dims)]]), [x], lrpEpsilon());
    assert.throws(walk(softmax(x, 1)), { code: 'unsupported', message: /Softmax.*LRP/ });
    assert.throws(walk(mul(x, relu(x))), { code: 'unsupported', message: /Mul.*neither factor is a gate/ });
  });
});
