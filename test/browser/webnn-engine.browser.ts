/** The engine on WebNN, and what WebNN does when it is not there, falls back, breaks or goes away. */
import { Engine, tensor, type Backend, type Tensor } from '@sightline/core';
import webnn from '@sightline/backend-webnn';
import gradCam from '@sightline/method-grad-cam';
import { cpu } from '../../packages/core/src/backend/cpu/index.ts';
import { createKernels } from '../../packages/core/src/backend/cpu/kernels.ts';
import { loadRuntime } from '../../packages/core/src/backend/cpu/runtime.ts';
import type { AcceleratedOrt, BackendHost } from '../../packages/core/src/backend/backend.ts';
import { createMutex } from '../../packages/core/src/backend/mutex.ts';
import { SightlineError } from '../../packages/core/src/errors.ts';
import { apply, constant, input, node } from '../../packages/core/src/graph/build.ts';
import { mul, numbers, relu } from '../../packages/core/src/graph/ops.ts';
import type { Graph, Shaped } from '../../packages/core/src/graph/value.ts';
import { classNames, drawScene, modelUrl, preprocessing } from '@sightline/scenes';
import { Device } from '../../packages/backend-webnn/src/device.ts';
import { openContext, type MLContext } from '../../packages/backend-webnn/src/ml.ts';
import { createProgram } from '../../packages/backend-webnn/src/program.ts';
import { distance } from '../suites/backend/ops.ts';
import { check, rejection } from '../suites/harness.ts';

/** The runner's own (mocha). */
declare function describe(title: string, body: () => void): void;
declare function it(title: string, body: () => Promise<void> | void): void;

const { kernels } = await createKernels();
const exclusive = createMutex();
const runtime = (): Promise<AcceleratedOrt> => loadRuntime({}, 'accelerated');
const host: BackendHost = { kernels, exclusive, runtime };
const x = input('x', [1, 4]);
const given = tensor([1, 4], [-1, 2, -3, 4]);
const graph: Graph = { inputs: [x], outputs: { y: relu(mul(x, 2)) } };
const expected = [0, 4, 0, 8];
const opening = async (work: (backend: Backend) => Promise<void>, options = {}, on = host): Promise<void> => {
  const backend = await webnn.open(options, on);
  try {
    await work(backend);
  } finally {
    await backend.dispose();
  }
};
const right = async (backend: Backend): Promise<void> => {
  const program = await backend.compile(graph);
  const { y } = await program.run({ x: given });
  check([...(y as Tensor).data].join() === expected.join(), `y is ${[...(y as Tensor).data].join()}`);
  await program.release();
};
async function failure(run: () => Promise<unknown>): Promise<SightlineError> {
  const error = await rejection(run, 'it should fail');
  check(error instanceof SightlineError, `a SightlineError was due, not ${String(error)}`);
  return error;
}
/** Replaces navigator.ml for the time of `work`. */
async function withML(value: unknown, work: () => Promise<void>): Promise<void> {
  Object.defineProperty(navigator, 'ml', { value, configurable: true });
  try {
    await work();
  } finally {
    delete (navigator as { ml?: unknown }).ml;
  }
}

describe('the engine on WebNN', () => {
  it('explains there, and says so', async () => {
    const engine = new Engine({ backends: [webnn()] });
    engine.register(gradCam);
    const bytes = new Uint8Array(await (await fetch(modelUrl)).arrayBuffer());
    const { backend, refusals } = await engine.load(bytes, { preprocessing, labels: classNames });
    check(backend === 'webnn' && Object.keys(refusals).length === 0, `${backend}: ${JSON.stringify(refusals)}`);
    const { picture, label, box } = drawScene(4);
    const attribution = await engine.explain(picture, { method: 'grad-cam', target: label });
    check(attribution.backend === 'webnn', `it ran on ${attribution.backend}`);
    check(Object.keys(attribution.refusals).length === 0, JSON.stringify(attribution.refusals));
    const peak = attribution.heat.data.indexOf(Math.max(...attribution.heat.data));
    const [column, row] = [peak % 64, Math.floor(peak / 64)];
    const [left, upper, rightmost, lower] = box;
    check(column >= left && column <= rightmost && row >= upper && row <= lower, `the peak is at ${column}, ${row}`);
    await engine.dispose();
  });

  it('takes the CPU for a program that WebNN refuses, and names node and reason', async () => {
    const choosy = {
      ...webnn(),
      async open(options: Readonly<Record<string, unknown>>, given: BackendHost): Promise<Backend> {
        const backend = await webnn.open(options, given);
        // Stands for any op that WebNN lacks: the gradient has masks by sign, the scores have none.
        const refuses: Backend['refuses'] = (one) =>
          one.op === 'Greater' ? `node '${one.name}' (Greater): not on this WebNN` : backend.refuses(one);
        return { ...backend, refuses };
      },
    };
    const engine = new Engine({ backends: [choosy] });
    engine.register(gradCam);
    await engine.load(new Uint8Array(await (await fetch(modelUrl)).arrayBuffer()), { preprocessing });
    const layer = engine.network.info.layers[0]!.name;
    const { picture, label } = drawScene(4);
    const { backend, refusals } = await engine.explain(picture, {
      method: 'grad-cam',
      target: label,
      options: { layer },
    });
    check(backend.includes('cpu'), `it ran on ${backend}`);
    check(/\(Greater\): not on this WebNN/.test(refusals['webnn'] ?? ''), `the refusal says ${refusals['webnn']}`);
    const classified = await engine.classify(picture, 1);
    check(classified[0]!.index === label, 'the scores, on WebNN still, are wrong');
    await engine.dispose();
  });

  it('tells why WebNN is not there, and explains on the CPU', () =>
    withML(undefined, async () => {
      check(/navigator\.ml/.test((await webnn.probe!({})) ?? ''), 'the probe gives no reason');
      const engine = new Engine({ backends: [webnn()] });
      const { backend, refusals } = await engine.load(new Uint8Array(await (await fetch(modelUrl)).arrayBuffer()));
      check(backend === 'cpu' && /navigator\.ml/.test(refusals['webnn'] ?? ''), `${backend}: ${refusals['webnn']}`);
      await engine.dispose();
    }));
});

describe('WebNN', () => {
  it('is probed without a runtime', async () => {
    check((await webnn.probe!({})) === undefined, `the probe says: ${await webnn.probe!({})}`);
  });

  it('asks for no runtime where there is no context', async () => {
    let asked = 0;
    const counting = { ...host, runtime: () => (asked++, runtime()) };
    const createContext = (): Promise<never> =>
      Promise.reject(new DOMException('not on this platform', 'NotSupportedError'));
    await withML({ createContext }, async () => {
      const { code, message } = await failure(() => webnn.open({}, counting));
      check(code === 'unavailable' && /'cpu': not on this platform/.test(message), `${code}: ${message}`);
    });
    check(asked === 0, 'the runtime was asked for');
  });

  it('runs on each device type that the browser has', async () => {
    for (const deviceType of ['cpu', 'gpu', 'npu'] as const) await opening(right, { deviceType });
  });

  it('lets no node fall back to WebAssembly: the graph is refused by the node’s name', async () => {
    const device = new Device({ deviceType: 'cpu', powerPreference: 'default' });
    // As it is, not lowered: the runtime would run it on WebAssembly and say nothing.
    const fallen = node('Selu', [mul(x, 2)], { alpha: 1.67, gamma: 1.05 }, { name: 'head/selu' }).outputs[0]!;
    const machinery = { ort: await runtime(), device, exclusive };
    const { code, message } = await failure(() => createProgram({ inputs: [x], outputs: { y: fallen } }, machinery));
    check(code === 'unsupported' && /'head\/selu' \(Selu\).*WebAssembly/.test(message), `${code}: ${message}`);
    device.close();
  });

  it('survives a graph that the browser’s builder rejects, and names the node', async () => {
    const device = new Device({ deviceType: 'cpu', powerPreference: 'default' });
    const machinery = { ort: await runtime(), device, exclusive };
    const edge = node('Pad', [x], { pads: [0, 1, 0, 1], mode: 'edge', value: 0 }, { name: 'border' }).outputs[0]!;
    const { message } = await failure(() => createProgram({ inputs: [x], outputs: { y: edge } }, machinery));
    check(/'border' \(Pad\)/.test(message), message);
    device.close();
    const other = await cpu();
    await right(other);
    await other.dispose();
    await opening(right);
  });

  it('gives up on a session that never comes, and the queue goes on', async () => {
    const device = new Device({ deviceType: 'cpu', powerPreference: 'default' });
    const ort = await runtime();
    const never = { ...ort, InferenceSession: { create: () => new Promise<never>(() => undefined) } };
    const machinery = { ort: never as unknown as AcceleratedOrt, device, exclusive };
    const constantGraph: Graph = { inputs: [x], outputs: { y: relu(x) } };
    const { code } = await failure(() => createProgram(constantGraph, machinery, { create: 50, probe: 50 }));
    check(code === 'timeout' || code === 'unsupported', code);
    device.close();
    await opening(right);
  });

  it('runs what waited behind a failed run, on a session of its own', async () => {
    let broken = false;
    const ort = await runtime();
    const construct = (target: typeof ort.Tensor, [type, data, dims]: [never, never, number[]]): object => {
      const wrong = broken;
      broken = false;
      return new target(type, data, wrong ? [...dims, 1] : dims);
    };
    const breaking = { ...host, runtime: async () => ({ ...ort, Tensor: new Proxy(ort.Tensor, { construct }) }) };
    await opening(
      async (backend) => {
        const program = await backend.compile(graph);
        broken = true;
        const [first, ...others] = await Promise.allSettled([1, 2, 3, 4].map(() => program.run({ x: given })));
        check(first!.status === 'rejected', 'the first run was to fail');
        for (const other of others) {
          check(
            other.status === 'fulfilled',
            `one that waited failed too: ${String((other as PromiseRejectedResult).reason)}`,
          );
          check([...(other.value['y'] as Tensor).data].join() === expected.join(), 'one that waited is wrong');
        }
        await program.release();
      },
      {},
      breaking,
    );
  });

  it('starts afresh when its context goes away', async () => {
    let newest: MLContext | undefined;
    const ml = (navigator as unknown as { ml: { createContext(o: unknown): Promise<MLContext> } }).ml;
    const spy = { createContext: async (options: unknown) => (newest = await ml.createContext(options)) };
    await withML(spy, () =>
      opening(async (backend) => {
        const program = await backend.compile(graph);
        const resident = await backend.upload(given);
        newest!.destroy!();
        await new Promise((resolve) => setTimeout(resolve, 50));
        const { code } = await failure(() => program.run({ x: resident }));
        check(code === 'device-lost', `'device-lost' was due, not '${code}'`);
        resident.release();
        const { y } = await program.run({ x: given });
        check([...(y as Tensor).data].join() === expected.join(), 'the next run is wrong');
        await right(backend);
      }),
    );
  });

  it('gives the memory of tensors back', async () => {
    const tensors = new Set<unknown>();
    const context = await openContext({ deviceType: 'cpu', powerPreference: 'default' });
    const counted: MLContext = {
      createTensor: async (descriptor) => {
        const made = await context.createTensor(descriptor);
        tensors.add(made);
        const destroy = made.destroy.bind(made);
        made.destroy = () => {
          tensors.delete(made);
          destroy();
        };
        return made;
      },
      writeTensor: (to, data) => context.writeTensor(to, data),
      readTensor: (from) => context.readTensor(from),
    };
    await withML({ createContext: () => Promise.resolve(counted) }, async () => {
      const device = new Device({ deviceType: 'cpu', powerPreference: 'default' });
      const { upload } = await import('../../packages/backend-webnn/src/resident.ts');
      const residents = await Promise.all([upload(device, given), upload(device, given)]);
      const count = (): number => tensors.size;
      check(count() === 2, `${count()} tensors`);
      for (const resident of [...residents, ...residents]) resident.release();
      check(count() === 0, `${count()} tensors are left`);
    });
  });

  it('reads nothing of what was released', async () => {
    await opening(async (backend) => {
      const resident = await backend.upload(given);
      resident.release();
      check((await failure(() => resident.read())).code === 'bad-input', 'a released tensor can be read');
    });
  });

  it('takes indices that are fed', () =>
    opening(async (backend) => {
      const picks = input('picks', [3], 'int64');
      const table = numbers([4, 2], [1, 2, 3, 4, 5, 6, 7, 8]);
      const program = await backend.compile({
        inputs: [picks],
        outputs: { y: apply('Gather', [table, picks], { axis: 0 }) },
      });
      const { y } = await program.run({ picks: { type: 'int64', dims: [3], data: BigInt64Array.of(3n, 0n, 3n) } });
      check([...(y as Tensor).data].join() === '7,8,1,2,7,8', [...(y as Tensor).data].join());
      await program.release();
    }));

  it('is right far from zero, where the browser’s own forms overflow', () =>
    opening(async (backend) => {
      const far = tensor([1, 4], [-1000, -100, 100, 1000]);
      const forms: readonly (readonly [Shaped, readonly number[]])[] = [
        [apply('Softplus', [x]), [0, 0, 100, 1000]],
        [apply('ReduceLogSumExp', [x], { axes: [1], keepdims: 1 }), [1000]],
        [apply('LogSoftmax', [x], { axis: 1 }), [-2000, -1100, -900, 0]],
        [apply('Softmax', [x], { axis: 1 }), [0, 0, 0, 1]],
        [apply('Mish', [x]), [0, 0, 100, 1000]],
        [apply('Sigmoid', [x]), [0, 0, 1, 1]],
        [apply('Gelu', [x], { approximate: 'tanh' }), [0, 0, 100, 1000]],
        [apply('Max', [x, constant(0)]), [0, 0, 100, 1000]],
      ];
      for (const [y, values] of forms) {
        const program = await backend.compile({ inputs: [x], outputs: { y } });
        const got = (await program.run({ x: far }))['y'] as Tensor;
        check(distance(got.data, values) < 1e-6, `${y.node!.op}: ${[...got.data].join(', ')}`);
        await program.release();
      }
    }));
});
