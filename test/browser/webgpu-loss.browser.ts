/** WebGPU that is not there, goes away, or refuses work: typed errors with a reason, and nothing hangs. */
import webgpu from '../../packages/backend-webgpu/src/index.ts';
import { loaded, opened } from '../../packages/backend-webgpu/test/engines.ts';
import { tinyPicture } from '../../packages/backend-webgpu/test/tiny-net.ts';
import type { Engine } from '@sightline/core';
import { refusalOf } from '../../packages/core/src/backend/chain.ts';
import { SightlineError, type ErrorCode } from '../../packages/core/src/errors.ts';
import { greater, input, node, relu, toFloat, type Shaped } from '../../packages/core/src/graph/index.ts';
import { tensor } from '../../packages/core/src/tensor/index.ts';
import { distance } from '../suites/backend/ops.ts';
import { check, rejection, type Framework } from '../suites/harness.ts';

declare const describe: Framework['describe'];
declare const it: Framework['it'];

async function failsWith(code: ErrorCode, message: RegExp, run: () => Promise<unknown>): Promise<void> {
  const error = await rejection(run, `it should fail with '${code}'`);
  check(error instanceof SightlineError, `a SightlineError was due, not ${String(error)}`);
  check(error.code === code, `'${code}' was due, not '${error.code}': ${error.message}`);
  check(message.test(error.message), `the message does not match ${String(message)}: ${error.message}`);
}

/** With something else in the place of what the browser has. */
async function instead<T extends object, K extends keyof T>(
  of: T,
  name: K,
  value: unknown,
  run: () => Promise<void>,
): Promise<void> {
  Object.defineProperty(of, name, { value, configurable: true });
  try {
    await run();
  } finally {
    delete of[name]; // what the prototype has shows again
  }
}
const noAdapter = (): Promise<null> => Promise.resolve(null);

describe('WebGPU that cannot be opened says why, and loads no runtime', () => {
  const host = {
    kernels: {} as never,
    exclusive: <T>(work: () => Promise<T>) => work(),
    runtime: () => Promise.reject(new Error('the runtime was asked for')),
  };
  const says = async (message: RegExp, options = {}): Promise<void> => {
    await failsWith('unavailable', message, () => webgpu.open(options, host));
    check(message.test((await webgpu.probe!(options)) ?? 'nothing'), 'the probe says something else');
  };

  it('where the browser has none', () => instead(navigator, 'gpu', undefined, () => says(/no navigator\.gpu/)));
  it('where there is no adapter', () =>
    instead(navigator.gpu, 'requestAdapter', noAdapter, () => says(/found no GPU/)));
  it('where the browser refuses to look', () =>
    instead(
      navigator.gpu,
      'requestAdapter',
      () => Promise.reject(new Error('blocked')),
      () => says(/refused to look/),
    ));
  it('where the adapter gives no device', async () => {
    const adapter = (await navigator.gpu.requestAdapter())!;
    const failing = () => Promise.reject(new Error('out of devices'));
    await instead(adapter, 'requestDevice', failing, () =>
      instead(
        navigator.gpu,
        'requestAdapter',
        () => Promise.resolve(adapter),
        () => failsWith('unavailable', /gave no device \(out of devices\)/, () => webgpu.open({}, host)),
      ),
    );
  });
  it('where half precision is asked for and the GPU has none', async () => {
    const adapter = (await navigator.gpu.requestAdapter())!;
    // On a GPU that has it, as one that has not.
    await instead(adapter, 'features', new Set(), () =>
      instead(
        navigator.gpu,
        'requestAdapter',
        () => Promise.resolve(adapter),
        () => says(/'float16' needs the feature shader-f16/, { precision: 'float16' }),
      ),
    );
  });
  it('where options are wrong: by name', async () => {
    await failsWith('bad-option', /no option 'speed'.*powerPreference/, () => webgpu.open({ speed: 1 }, host));
    await failsWith('bad-option', /'precision' must be 'float32' or 'float16'/, () =>
      webgpu.open({ precision: 'half' }, host),
    );
    await failsWith('bad-option', /'memory' must be/, () => webgpu.open({ memory: -1 }, host));
    await failsWith('bad-option', /'device' must be a GPUDevice/, () => webgpu.open({ device: 7 }, host));
  });
});

/** Its chance comes from the seed: a job that is done again must come to the same map. */
const request = { method: 'rise', target: 1, options: { masks: 64, cells: 4, seed: 5 } } as const;
const picture = tinyPicture(3);

describe('A device that is lost', () => {
  /** Explains, and calls `at` once a quarter is done; each time that the job is begun anew. */
  const explained = (engine: Engine, at: () => Promise<void>) => {
    let before = 1;
    return engine.explain(picture, request, {
      onProgress: ({ fraction }) => {
        if (fraction <= before) void at();
        before = fraction;
      },
    });
  };
  const expected = async (): Promise<Float32Array> => {
    const engine = await loaded([]);
    const { map } = await engine.explain(picture, request);
    await engine.dispose();
    return map.data;
  };

  it('in the middle of a job is replaced, and the job is done again', async () => {
    const { engine, backend } = await opened();
    const { device } = await backend.gpu();
    const { map, backend: ran } = await explained(engine, async () => device.destroy());
    check(ran === 'webgpu', `it ran on ${ran}`);
    check(backend.counters.devices === 2, `${backend.counters.devices} devices`);
    check(distance(map.data, await expected()) <= 1e-5, 'the map is another');
    await engine.dispose();
  });

  it('twice is an error that says so, and the next job runs', async () => {
    const { engine, backend } = await opened();
    await failsWith('device-lost', /GPU device was lost/, () =>
      explained(engine, async () => (await backend.gpu()).device.destroy()),
    );
    const { map } = await engine.explain(picture, request);
    check(distance(map.data, await expected()) <= 1e-5, 'the map is another');
    await engine.dispose();
  });

  it('between two jobs is replaced without a word', async () => {
    const { engine, backend } = await opened();
    await engine.explain(picture, request);
    (await backend.gpu()).device.destroy();
    const { map } = await engine.explain(picture, request);
    check(distance(map.data, await expected()) <= 1e-5, 'the map is another');
    await engine.dispose();
  });

  it('and for which no other comes leaves the job to the CPU, with the reason', async () => {
    const { engine, backend } = await opened();
    const { device } = await backend.gpu();
    await instead(navigator.gpu, 'requestAdapter', noAdapter, async () => {
      const { map, backend: ran, refusals } = await explained(engine, async () => device.destroy());
      check(ran === 'cpu', `it ran on ${ran}`);
      check(/found no GPU/.test(refusals['webgpu'] ?? ''), JSON.stringify(refusals));
      check(distance(map.data, await expected()) <= 1e-6, 'the map is another');
    });
    await engine.dispose();
  });

  it('and belongs to the page is not replaced behind its back', async () => {
    const device = await (await navigator.gpu.requestAdapter())!.requestDevice();
    const { engine } = await opened({ device });
    const { backend: ran, refusals } = await explained(engine, async () => device.destroy());
    check(ran === 'cpu', `it ran on ${ran}`);
    check(/handed over/.test(refusals['webgpu'] ?? ''), JSON.stringify(refusals));
    await engine.dispose();
  });

  it('stays open when the engine is closed, if it belongs to the page', async () => {
    const device = await (await navigator.gpu.requestAdapter())!.requestDevice();
    const { engine } = await opened({ device });
    await engine.dispose();
    const buffer = device.createBuffer({ size: 16, usage: GPUBufferUsage.MAP_READ });
    await buffer.mapAsync(GPUMapMode.READ); // would be rejected
    device.destroy();
  });

  it('rejects what is in flight, whatever it waits for, and the tensors that were on it', async () => {
    const { engine, backend } = await opened();
    const x = input('x', [1, 4]);
    const program = await backend.compile({ inputs: [x], outputs: { y: relu(x) } });
    const fed = tensor([1, 4], [1, -1, 2, -2]);
    for (const wait of [0, 1, 2, 5]) {
      const [resident, { device }] = [await backend.upload(fed), await backend.gpu()];
      const results = Promise.allSettled([program.run({ x: resident }), program.keep({ x: fed }), resident.read()]);
      for (let i = 0; i < wait; i++) await Promise.resolve();
      device.destroy();
      for (const result of await results) {
        // What was done before the device went is done.
        const lost = result.status === 'rejected' && (result.reason as SightlineError).code === 'device-lost';
        check(lost || result.status === 'fulfilled', `after ${wait}: ${JSON.stringify(result)}`);
      }
      await failsWith('device-lost', /lost/, () => resident.read());
      await failsWith('device-lost', /lost/, () => program.run({ x: resident }));
      resident.release();
      resident.release();
      const { y } = await program.run({ x: fed });
      check(y!.data.join() === '1,0,2,0', `afterwards it says ${y!.data.join()}`);
    }
    await program.release();
    await engine.dispose();
  });
});

describe('A GPU that refuses work', () => {
  it('makes what was under way fail, and what comes after it run', async () => {
    const { engine, backend } = await opened();
    const fed = tensor([4], [1, 2, 3, 4]);
    const [before, { device }] = [await backend.upload(fed), await backend.gpu()];
    // Nobody asks for this answer: it comes as an event.
    device.createBuffer({ size: 16, usage: GPUBufferUsage.MAP_READ | GPUBufferUsage.STORAGE });
    await failsWith('runtime', /the GPU refused work: GPUValidationError/, () => before.read());
    const after = await backend.upload(fed);
    check((await after.read()).data.join() === '1,2,3,4', 'it does not recover');
    before.release();
    after.release();
    await engine.dispose();
  });

  it('is not asked for tensors that no shader of it can bind', async () => {
    const { engine, backend } = await opened();
    const { device } = await backend.gpu();
    const x = input('large', [device.limits.maxStorageBufferBindingSize / 4 + 1]);
    await failsWith('unsupported', /'large' .* binds/, () => backend.compile({ inputs: [x], outputs: { y: relu(x) } }));
    await engine.dispose();
  });

  it('names the node that onnxruntime-web would have run on the CPU', async () => {
    const { engine, backend } = await opened();
    const x = input('x', [2, 2]);
    const positive = greater(x, 0);
    const chosen = node('Equal', [positive, positive], {}, { name: 'pick' }).outputs[0] as Shaped;
    const graph = { inputs: [x], outputs: { y: toFloat(chosen) } };
    check(refusalOf(backend, graph) === undefined, 'it is refused beforehand: this test needs another node');
    await failsWith('unsupported', /node 'pick' \(Equal\) has no WebGPU kernel .* bool \[2, 2\]/, () =>
      backend.compile(graph),
    );
    await engine.dispose();
  });
});
