/**
 * What explanations cost on WebGPU, against the CPU in the same page. It needs a browser, so the test runner's carries it:
 *
 *   WTR_FILES=$PWD/test/bench/webgpu.ts npx web-test-runner --config web-test-runner.config.js
 *
 * On a software GPU it takes the project's own small network and its numbers say nothing about a GPU; on a real one
 * ../shared/models/resnet18_pqf.onnx.
 */
import { classTarget, Engine, random, size, tensor, type Backend } from '@sightline/core';
import gradCam from '@sightline/method-grad-cam';
import integratedGradients from '@sightline/method-integrated-gradients';
import rise from '@sightline/method-rise';
import { modelUrl } from '@sightline/scenes';
import webgpu, { isWebGpuBackend, type WebGpuBackend } from '../../packages/backend-webgpu/src/index.ts';
import { watchDevice } from '../../packages/backend-webgpu/test/watch-device.ts';
import { print, timed, type Row } from './table.ts';
import { interleaved } from './timing.ts';

/** The runner's own (mocha). */
declare function it(name: string, work: (this: { timeout(ms: number): void }) => Promise<void>): void;

const plugins = [gradCam, integratedGradients, rise];

it('is measured', async function () {
  this.timeout(600_000);
  const adapter = (await navigator.gpu.requestAdapter({ powerPreference: 'high-performance' }))!;
  const software = adapter.info.isFallbackAdapter || adapter.info.architecture === 'swiftshader';
  const model = await fetched(software ? modelUrl : '/shared/models/resnet18_pqf.onnx');
  const { maxBufferSize, maxStorageBufferBindingSize } = adapter.limits;
  const device = await adapter.requestDevice({ requiredLimits: { maxBufferSize, maxStorageBufferBindingSize } });
  const usage = watchDevice(device);
  const { engine: ours, backend } = await opened(device, model);
  const reference = new Engine();
  plugins.forEach((plugin) => reference.register(plugin));
  await reference.load(model);

  const { input } = ours.network.info;
  const { next } = random(1);
  const picture = tensor(
    [1, ...input],
    Array.from({ length: size(input) }, () => 2 * next() - 1),
  );
  const masks = software ? 32 : 512;
  const jobs = {
    'grad-cam': {},
    'integrated-gradients': { steps: software ? 4 : 32 },
    rise: { masks },
  } as const;
  const rows: Row[] = [];
  console.log(
    `${adapter.info.vendor} ${adapter.info.architecture} ${adapter.info.description}, input ${input.join('×')}`,
  );
  for (const [method, options] of Object.entries(jobs)) {
    const request = { method, options, target: classTarget(1) };
    const explain = (engine: Engine) => () => engine.explain(picture, request);
    const before = { ...backend.counters, submits: usage.submits, dispatches: usage.dispatches };
    await explain(ours)();
    const after = { ...backend.counters, submits: usage.submits, dispatches: usage.dispatches };
    const spent = Object.keys(after) as (keyof typeof after)[];
    console.log(`${method}, first time: ${spent.map((name) => `${name} ${after[name] - before[name]}`).join(', ')}`);
    const rounds = software ? { warmup: 1, rounds: 3 } : { warmup: 3, rounds: 15 };
    const { gpu, cpu } = await interleaved({ gpu: explain(ours), cpu: explain(reference) }, rounds);
    rows.push(timed(`${method} ${JSON.stringify(options)}`, gpu, cpu));
  }
  print(rows);
  console.log(`live on the GPU: ${usage.bytes} bytes in ${usage.buffers} buffers`);
  await ours.dispose();
  await reference.dispose();
  device.destroy();
});

async function opened(device: GPUDevice, model: Uint8Array): Promise<{ engine: Engine; backend: WebGpuBackend }> {
  const choice = webgpu({ device });
  let backend: Backend | undefined;
  const engine = new Engine({
    backends: [{ ...choice, open: async (options, host) => (backend = await choice.open(options, host)) }],
  });
  plugins.forEach((plugin) => engine.register(plugin));
  await engine.load(model);
  if (!backend || !isWebGpuBackend(backend)) throw new Error('WebGPU did not open');
  return { engine, backend };
}

async function fetched(url: string | URL): Promise<Uint8Array> {
  const response = await fetch(url);
  if (!response.ok) throw new Error(`${String(url)}: ${response.status}`);
  return new Uint8Array(await response.arrayBuffer());
}
