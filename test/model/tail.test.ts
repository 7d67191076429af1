import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { cpu, classTarget, contrast, random, tensor, type Backend, type Target, type Tensor } from '@sightline/core';
import {
  add,
  apply,
  concat,
  gemm,
  input,
  node,
  numbers,
  readOnnx,
  relu,
  shaped,
  writeOnnx,
} from '@sightline/core/graph';
import type { Shaped } from '@sightline/core/graph';
import { nodesOf, outputsOf } from '../../packages/core/src/graph/walk.ts';
import { tailGraph } from '../../packages/core/src/model/ablation.ts';
import { bindModel } from '../../packages/core/src/model/bind.ts';
import { Job } from '../../packages/core/src/model/job.ts';
import { Network } from '../../packages/core/src/model/network.ts';
import { convolution, drawing, flat, gap, maxPool } from '../nets/layers.ts';

/** The tail against whole networks whose layer is masked by hand, for the ends and the skips that networks have. */

const draw = drawing(5, 0.5);
const rng = random(6);

const [K, classes, side] = [6, 5, 8];
const stem = [draw([K, 3, 3, 3]), draw([K])] as const;
const [w3, b3, w1, b1] = [draw([K, K, 3, 3]), draw([K]), draw([classes, K, 1, 1]), draw([classes])];
const [fc, fcBias, fcFlat] = [draw([classes, K]), draw([classes]), draw([classes, K * 16])];

/** What comes after the layer; `x` is the picture, for skips that go past the layer. Whether one class can be computed alone. */
const ends: Readonly<
  Record<string, { readonly alone: boolean; readonly of: (layer: Shaped, past: Shaped) => Shaped }>
> = {
  'GAP and a fully connected layer': { alone: true, of: (A) => gemm2(gap(A)) },
  '1 × 1 convolution, ReLU and GAP': { alone: true, of: (A) => gap(relu(convolution(A, w1, b1))) },
  'max pooling, flattened, fully connected': {
    alone: true,
    of: (A) => add(gemm(flat(maxPool(A)), fcFlat, true), fcBias),
  },
  'a residual block whose skip is the layer': {
    alone: true,
    of: (A) => gemm2(gap(relu(add(convolution(A, w3, b3), A)))),
  },
  'a block whose skip goes past the layer': {
    alone: true,
    of: (A, past) => gemm2(gap(relu(add(convolution(A, w3, b3), past)))),
  },
  'a concatenation with what goes past the layer': {
    alone: true,
    of: (A, past) => gemm(gap(concat([A, past], 1)), numbers([classes, 2 * K], doubled()), true),
  },
  'GAP alone, a class a channel': { alone: false, of: (A) => gap(A) },
  'a softmax over the positions (not a class by itself)': {
    alone: false,
    of: (A) => gap(apply('Softmax', [convolution(A, w1, b1)], { axis: 1 })),
  },
};
const gemm2 = (x: Shaped): Shaped => apply('Gemm', [x, fc, fcBias], { alpha: 1, beta: 1, transA: 0, transB: 1 });
function doubled(): Float32Array {
  const { data } = fc.constant!;
  return Float32Array.from({ length: classes * 2 * K }, (_, i) => Number(data[Math.floor(i / (2 * K)) * K + (i % K)]));
}

/** The network as a file, its layer named 'A'. */
function fileOf(of: (layer: Shaped, past: Shaped) => Shaped, keep?: readonly number[]): Uint8Array {
  const x = input('x', [1, 3, side, side]);
  const past = convolution(x, ...stem);
  const layer = shaped(node('Relu', [past], {}, { outputs: ['A'] }).outputs[0]!);
  const masked = keep ? apply('Mul', [layer, numbers([1, K, 1, 1], keep)]) : layer;
  return writeOnnx({ inputs: [x], outputs: { logits: of(masked, past) } });
}

describe('the tail of a network', () => {
  let backend: Backend;
  before(async () => void (backend = await cpu()));
  after(() => backend.dispose());
  const open = (file: Uint8Array): Network => new Network(readOnnx(file), backend);
  const picture = tensor(
    [1, 3, side, side],
    Float32Array.from({ length: 3 * side * side }, () => rng.normal()),
  );
  const keeps = [
    ...[
      [1, 1, 1, 1, 1, 1],
      [0, 0, 0, 0, 0, 0],
      [0, 1, 1, 1, 1, 1],
    ],
    ...[
      [1, 0, 1, 0, 1, 0],
      [0, 0, 0, 1, 0, 0],
    ],
  ];
  const keep = tensor([keeps.length, K], keeps.flat());
  const targets: readonly Target[] = [classTarget(1), contrast(0, 3), classTarget(2, 'probability')];

  for (const [name, { alone, of }] of Object.entries(ends)) {
    it(`gives what the whole network gives with channels zeroed: ${name}`, async () => {
      const network = open(fileOf(of));
      const model = bindModel(new Job(network, async () => undefined));
      for (const target of targets) {
        const tail = await model.tail(picture, target, 'A');
        const got = await tail.scores(keep);
        for (const [n, row] of keeps.entries()) {
          const whole = bindModel(new Job(open(fileOf(of, row)), async () => undefined));
          const [wanted] = await whole.score(picture, target);
          assert.ok(Math.abs(got[n]! - wanted!) < 2e-5, `row ${row.join()}: ${got[n]}, not ${wanted}`);
          if (n === 0) assert.ok(Math.abs(tail.score - wanted!) < 2e-5);
        }
        assert.deepEqual(tail.activation.dims, [1, K, side, side]);
        tail.close();
      }
      await network.programs.clear();
    });

    it(`computes one class alone where the end allows it: ${name}`, () => {
      const network = open(fileOf(of));
      assert.equal(tailGraph(network.classifier(4, 'A'), 1) !== undefined, alone);
    });
  }

  it('compiles nothing for another class', async () => {
    const network = open(fileOf(ends['1 × 1 convolution, ReLU and GAP']!.of));
    const model = bindModel(new Job(network, async () => undefined));
    const run = async (target: Target): Promise<Float32Array> => {
      const tail = await model.tail(picture, target, 'A');
      try {
        return await tail.scores(keep);
      } finally {
        tail.close();
      }
    };
    const first = await run(classTarget(0));
    const { compiled } = network.programs;
    assert.notDeepEqual(await run(classTarget(4)), first);
    assert.equal(network.programs.compiled, compiled);
    await network.programs.clear();
  });

  it('runs a 1 × 1 convolution over one activation, whatever the batch', () => {
    const network = open(fileOf(ends['1 × 1 convolution, ReLU and GAP']!.of));
    const graph = tailGraph(network.classifier(64, 'A'), 1)!;
    const [data] = nodesOf(outputsOf(graph)).find(({ op }) => op === 'Conv')!.inputs;
    assert.deepEqual(data!.dims, [1, K, side, side]);
  });

  it('refuses what is no choice of channels', async () => {
    const network = open(fileOf(ends['GAP alone, a class a channel']!.of));
    const tail = await bindModel(new Job(network, async () => undefined)).tail(picture, classTarget(0), 'A');
    for (const bad of [tensor([1, K + 1], 1), tensor([K], 1), tensor([1, K], 0.5)] as readonly Tensor[])
      await assert.rejects(tail.scores(bad), { code: 'bad-input' });
    tail.close();
    await network.programs.clear();
  });
});
