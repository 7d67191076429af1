/**
 * Keeps watch on onnxruntime-web: why sessions are NCHW, and what each lowering is for. A test that fails here says that a newer
 * runtime has mended something, and what of ours may go.
 */
import { loadRuntime } from '../../packages/core/src/backend/cpu/runtime.ts';
import { exclusive } from '../../packages/core/src/backend/mutex.ts';
import { apply, input, node } from '../../packages/core/src/graph/build.ts';
import { add, conv, convTranspose, greater, less, numbers, toFloat, zeros } from '../../packages/core/src/graph/ops.ts';
import { writeOnnx } from '../../packages/core/src/graph/onnx/write.ts';
import type { Attributes, Graph, Shaped } from '../../packages/core/src/graph/value.ts';
import { random } from '../../packages/core/src/tensor/random.ts';
import { size } from '../../packages/core/src/tensor/tensor.ts';
import { lowerings } from '../../packages/backend-webgpu/src/passes/index.ts';
import { check, type Framework } from '../suites/harness.ts';
import { interpret } from '../oracles/interpreter.ts';

declare const describe: Framework['describe'];
declare const it: Framework['it'];

const adapter = await navigator.gpu.requestAdapter();
const device = await adapter!.requestDevice();
const ort = await loadRuntime({}, 'accelerated');

const { next } = random(4);
const drawn = (count: number): Float32Array => Float32Array.from({ length: count }, () => 2 * next() - 1);

/** What the runtime makes of a graph of one input and one output, as it is; its complaint where it does not run it on the GPU. */
const ran = (graph: Graph, feed: Float32Array, preferredLayout: 'NHWC' | 'NCHW'): Promise<Float32Array | string> =>
  exclusive(async () => {
    try {
      const session = await ort.InferenceSession.create(writeOnnx(graph), {
        executionProviders: [{ name: 'webgpu', device, preferredLayout }],
        logSeverityLevel: 4,
        extra: { session: { disable_cpu_ep_fallback: '1' } },
      });
      try {
        const [x] = graph.inputs;
        const results = await session.run({ [x!.name!]: new ort.Tensor('float32', feed, x!.dims) });
        return results['y']!.data as Float32Array;
      } finally {
        await session.release();
      }
    } catch (error) {
      return (error as Error).message;
    }
  });

/** Whether the runtime is right, within what float32 and another order of summation explain. */
async function isRight(x: Shaped, y: Shaped, layout: 'NHWC' | 'NCHW'): Promise<boolean> {
  const feed = drawn(size(x.dims));
  const want = interpret([y], new Map([[x, { dims: x.dims, data: Float64Array.from(feed) }]]))[0]!.data;
  const got = await ran({ inputs: [x], outputs: { y } }, feed, layout);
  if (typeof got === 'string' || got.length !== want.length) return false;
  return got.every((v, i) => Math.abs(v - want[i]!) <= 1e-4);
}

const weights = (...dims: number[]): Shaped => numbers(dims, drawn(size(dims)));
const window = (k: number, strides: number, pad: number, group: number) => ({
  kernel_shape: [k, k],
  strides: [strides, strides],
  dilations: [1, 1],
  pads: [pad, pad, pad, pad],
  group,
});
const pictures = (channels: number): Shaped => input('x', [1, channels, 7, 7]);

describe('In NHWC, its default layout, onnxruntime-web is wrong without a word, and right in NCHW', () => {
  for (const [what, x, y] of [
    [
      'a grouped Conv with 5 channels a group',
      pictures(8),
      (x: Shaped) => conv(x, weights(10, 4, 3, 3), window(3, 1, 1, 2)),
    ],
    [
      'a ConvTranspose with one output channel a group: a depthwise convolution backwards',
      pictures(8),
      (x: Shaped) => convTranspose(x, weights(8, 1, 3, 3), { ...window(3, 1, 1, 4), output_padding: [0, 0] }),
    ],
    ['a dense Conv of 6 channels to 8', pictures(6), (x: Shaped) => conv(x, weights(8, 6, 3, 3), window(3, 1, 1, 1))],
  ] as const) {
    it(what, async () => {
      const result = y(x);
      check(await isRight(x, result, 'NCHW'), 'NCHW is wrong too: convolutions of this shape must be refused');
      check(!(await isRight(x, result, 'NHWC')), 'NHWC is right now: once all three are, session.ts may let it be');
    });
  }
});

const row = input('x', [2, 4]);
const picture = input('x', [1, 4, 4, 4]);
const made = (op: string, x: Shaped, attributes: Attributes = {}, ...more: Shaped[]): readonly [Shaped, Shaped] => [
  x,
  node(op, [x, ...more], attributes).outputs[0] as Shaped,
];
const overhanging = { ...window(3, 3, 1, 1), kernel_shape: [3, 2], ceil_mode: 1, storage_order: 0 };

/** For each lowering something that the runtime, left alone, gets wrong or would run on the CPU. */
const alone: Readonly<Record<string, readonly [x: Shaped, y: Shaped]>> = {
  BatchNormalization: made(
    'BatchNormalization',
    row,
    { epsilon: 1e-5 },
    ...[1, 2, 3, 4].map(() => numbers([4], [1, 2, 3, 4])),
  ),
  Celu: made('Celu', row, { alpha: 0.7 }),
  LRN: made('LRN', picture, { size: 3, alpha: 0.5, beta: 0.75, bias: 1 }),
  LogSoftmax: made('LogSoftmax', row, { axis: 1 }),
  MaxPool: made('MaxPool', input('x', [1, 1, 6, 8]), overhanging),
  Or: [row, toFloat(apply('Or', [greater(row, 0.5), less(row, -0.5)]))],
  Pow: made('Pow', input('x', [2, 3, 4]), {}, numbers([3, 1], [1, 2, 3])),
  Round: made('Round', row),
  Selu: made('Selu', row, { alpha: 1.67, gamma: 1.05 }),
  Sign: made('Sign', row),
  Slice: made('Slice', input('x', [7]), { starts: [5], ends: [0], steps: [-2] }),
  Softsign: made('Softsign', row),
  SpaceToDepth: made('SpaceToDepth', picture, { blocksize: 2 }),
};
/** Graphs are in canonical form: these are gone before a backend sees them, and lowered for callers of their own. */
const elsewhere = ['Dropout', 'GroupNormalization', 'Identity', 'Max', 'Mean', 'Min', 'Sum'];

describe('What is lowered is wrong, or not on the GPU, as it is', () => {
  for (const [op, [x, y]] of Object.entries(alone)) {
    it(op, async () => {
      // One more node: what the runtime thinks of the shape matters too.
      check(!(await isRight(x, add(y, zeros(y.dims)), 'NCHW')), `${op} is right now: its lowering may go`);
    });
  }
  it('has a case for every lowering', () => {
    const missing = Object.keys(lowerings).filter((op) => !alone[op] && !elsewhere.includes(op));
    check(missing.length === 0, `no case for ${missing.join(', ')}`);
  });
});
