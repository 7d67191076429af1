import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { apply, input } from '../../packages/core/src/graph/build.ts';
import { convTranspose, numbers } from '../../packages/core/src/graph/ops.ts';
import {
  lowerConvTranspose,
  wasmForm,
  withoutConvTranspose,
  type ConvTransposeForm,
} from '../../packages/core/src/graph/passes/lower-conv-transpose.ts';
import { nodesOf } from '../../packages/core/src/graph/walk.ts';
import { random } from '../../packages/core/src/tensor/random.ts';
import { size } from '../../packages/core/src/tensor/tensor.ts';
import type { Shaped } from '../../packages/core/src/graph/value.ts';
import { distance, evaluate } from './differences.ts';

const rng = random(3);
const draw = (dims: readonly number[]): Shaped =>
  numbers(
    dims,
    Float32Array.from({ length: size(dims) }, () => rng.next() * 2 - 1),
  );

interface Shape {
  readonly kernel: readonly number[];
  readonly strides: readonly number[];
  readonly dilations: readonly number[];
  readonly pads: readonly number[];
  readonly extra: readonly number[];
  readonly group: number;
}
const make = (x: Shaped, { kernel, strides, dilations, pads, extra, group }: Shape): Shaped =>
  convTranspose(x, draw([x.dims[1]!, 4 / group, ...kernel]), {
    kernel_shape: kernel,
    strides,
    dilations,
    pads,
    group,
    output_padding: extra,
  });

const pairs = [
  [1, 1],
  [2, 2],
  [2, 3],
] as const;
const sweep: readonly Shape[] = [
  [1, 1],
  [3, 3],
  [2, 3],
  [5, 2],
].flatMap((kernel) =>
  pairs.flatMap((strides) =>
    [
      [0, 0, 0, 0],
      [1, 1, 1, 1],
      [0, 1, 1, 0],
      [3, 0, 2, 1],
    ].flatMap((pads) =>
      [
        [1, 1],
        [2, 1],
      ].flatMap((dilations) =>
        [1, 2].map((group) => ({
          kernel,
          strides,
          dilations,
          pads,
          group,
          extra: strides.map((s, i) => (i + pads[0]! < s ? i : 0)),
        })),
      ),
    ),
  ),
);
const fits = ({ kernel, strides, dilations, pads }: Shape): boolean =>
  kernel.every((k, i) => 3 * strides[i]! + (k - 1) * dilations[i]! + 1 - pads[i]! - pads[i + 2]! > 0);

function agrees(y: Shaped, x: Shaped, form: ConvTransposeForm): void {
  const lowered = lowerConvTranspose([y], () => form)(y);
  assert.ok(!nodesOf([lowered]).some(({ op }) => op === 'ConvTranspose'));
  const feeds = new Map([[x, Float64Array.from({ length: size(x.dims) }, () => rng.next() * 2 - 1)]]);
  const [before, after] = evaluate([y, lowered], feeds);
  // The weights are moved, never computed with: only the order of the sums differs.
  assert.ok(distance(after!, before!) < 1e-12, `${distance(after!, before!)} apart`);
}

describe('Lowering ConvTranspose', () => {
  for (const shape of sweep.filter(fits)) {
    it(`as a Conv gives the same: ${JSON.stringify(shape)}`, () => {
      const x = input('x', [2, 2, 4, 4]);
      agrees(make(x, shape), x, 'conv');
    });
    const { strides, dilations, group } = shape;
    if (strides[0] !== strides[1] || dilations[0] !== 1) continue;
    it(`as a Conv for each phase gives the same: ${JSON.stringify(shape)}`, () => {
      const x = input('x', [2, 2, 4, 4]);
      agrees(make(x, shape), x, 'phases');
    });
    if (group > 1) continue;
    it(`as sub-pixel pictures gives the same: ${JSON.stringify(shape)}`, () => {
      const x = input('x', [2, 2, 4, 4]);
      agrees(make(x, shape), x, 'sub-pixel');
    });
  }
  it('keeps a bias', () => {
    const x = input('x', [1, 2, 3, 3]);
    const attributes = {
      kernel_shape: [1, 1],
      strides: [2, 2],
      dilations: [1, 1],
      pads: [0, 0, 0, 0],
      group: 1,
      output_padding: [1, 0],
    };
    const y = apply('ConvTranspose', [x, draw([2, 3, 1, 1]), draw([3])], attributes);
    agrees(y, x, 'conv');
    agrees(y, x, 'sub-pixel');
    agrees(y, x, 'phases');
  });
  it('works in one dimension', () => {
    const x = input('x', [1, 2, 5]);
    const y = convTranspose(x, draw([2, 2, 3]), {
      kernel_shape: [3],
      strides: [2],
      dilations: [1],
      pads: [1, 0],
      group: 2,
      output_padding: [1],
    });
    agrees(y, x, 'conv');
  });
  it('turns weights that are data about in the graph, each group by itself', () => {
    for (const group of [1, 2]) {
      const [x, w] = [input('x', [2, 4, 3, 4]), input('w', [4, 3, 3, 2])];
      const y = convTranspose(x, w, {
        kernel_shape: [3, 2],
        strides: [2, 1],
        dilations: [1, 2],
        pads: [1, 0, 0, 1],
        group,
        output_padding: [1, 0],
      });
      const lowered = lowerConvTranspose([y], withoutConvTranspose)(y);
      assert.ok(!nodesOf([lowered]).some(({ op }) => op === 'ConvTranspose'));
      const feeds = new Map(
        [x, w].map((v) => [v, Float64Array.from({ length: size(v.dims) }, () => rng.next() - 0.5)]),
      );
      const [before, after] = evaluate([y, lowered], feeds);
      assert.ok(distance(after!, before!) < 1e-12, `${group} groups: ${distance(after!, before!)} apart`);
    }
  });
  it('leaves weights that are data on wasm', () => {
    const y = convTranspose(input('x', [1, 1, 2, 2]), input('w', [1, 1, 2, 2]), {
      ...{
        kernel_shape: [2, 2],
        strides: [1, 1],
        dilations: [1, 1],
        pads: [0, 0, 0, 0],
        group: 1,
        output_padding: [0, 0],
      },
    });
    assert.equal(lowerConvTranspose([y])(y), y);
  });
  it('chooses by stride on wasm, and never ConvTranspose for providers without one', () => {
    const site = { kernel: [3, 3], strides: [1, 1], dilations: [1, 1], group: 1, channels: 8 };
    const strided = { ...site, strides: [2, 2] };
    assert.deepEqual([wasmForm(site), wasmForm(strided)], ['conv', 'keep']);
    assert.deepEqual([site, strided, { ...strided, group: 8 }].map(withoutConvTranspose), [
      'conv',
      'sub-pixel',
      'conv',
    ]);
  });
});
