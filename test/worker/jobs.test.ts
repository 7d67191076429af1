import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import { SightlineError } from '../../packages/core/src/errors.ts';
import { createExplainer, type Explainer, type ExplainerOptions } from '../../packages/core/src/worker/client.ts';
import type { EvaluateRequest, Progress } from '../../packages/core/src/engine/types.ts';
import { tensor } from '../../packages/core/src/tensor/tensor.ts';
import { packAttribution } from '../../packages/core/src/worker/transferables.ts';
import { attribution, FakeEngine, wait } from './fake-engine.ts';
import { workers, type FakeWorker } from './fake-worker.ts';

const model = Uint8Array.of(7, 0);
const input = tensor([1, 1, 2, 2], [1, 2, 3, 4]);

async function start(
  t: TestContext,
  options: ExplainerOptions = {},
): Promise<{ explainer: Explainer; made: FakeWorker[] }> {
  const { made, worker } = workers();
  const explainer = await createExplainer({ worker, model, grace: 60, ...options });
  t.after(() => explainer.terminate());
  return { explainer, made };
}
const code = (expected: string) => (error: unknown) => error instanceof SightlineError && error.code === expected;
const abortError = (error: unknown): boolean => error instanceof DOMException && error.name === 'AbortError';
const explains = (worker: FakeWorker | undefined): number => worker!.calls.filter((call) => call === 'explain').length;

test('an explanation comes back as an Attribution with its arrays', async (t) => {
  const { explainer } = await start(t);
  const attribution = await explainer.explain(input, { method: 'echo' });
  assert.deepEqual([...attribution.map.data], [1, 2, 3, 4]);
  assert.ok(attribution.map.data instanceof Float32Array);
  assert.deepEqual(attribution.toPicture().width, 2);
  assert.deepEqual(
    (await explainer.classify(input, 2)).map(({ probability }) => probability),
    [7, 7],
  );
  assert.equal((await explainer.evaluate({ metric: 'm', input, map: attribution.saliency })).value, 1);
});

test('an attribution is measured by a metric’s name, on its own input, map and target', async (t) => {
  const asked: EvaluateRequest[] = [];
  class Noting extends FakeEngine {
    override evaluate(...args: Parameters<FakeEngine['evaluate']>): ReturnType<FakeEngine['evaluate']> {
      asked.push(args[0]);
      return super.evaluate(...args);
    }
  }
  const { worker } = workers(() => new Noting());
  const { explainer } = await start(t, { worker });
  const attribution = await explainer.explain(input, { method: 'echo' });
  assert.equal((await explainer.evaluate(attribution, 'm')).value, 1);
  await explainer.evaluate(attribution, { metric: 'm', options: { steps: 3 } });
  for (const request of asked) {
    assert.deepEqual(request.map.data, attribution.saliency.data);
    assert.deepEqual(request.input, attribution.input);
    assert.deepEqual(request.target, attribution.target);
  }
  assert.deepEqual(asked[1]!.options, { steps: 3 });
});

test('a signal may stand in the request itself', async (t) => {
  const { explainer } = await start(t);
  await assert.rejects(explainer.explain(input, { method: 'echo', signal: AbortSignal.abort() }), abortError);
});

test('jobs run one at a time, in the order in which they were asked for', async (t) => {
  let running = 0;
  const most: number[] = [];
  class Counting extends FakeEngine {
    override async classify(...args: Parameters<FakeEngine['classify']>): ReturnType<FakeEngine['classify']> {
      most.push(++running);
      await wait(5);
      running--;
      return super.classify(...args);
    }
  }
  const { worker } = workers(() => new Counting());
  const { explainer } = await start(t, { worker });
  const order: number[] = [];
  await Promise.all([1, 2, 3, 4].map((i) => explainer.classify(input, i).then(({ length }) => order.push(length))));
  assert.deepEqual(order, [1, 2, 3, 4]);
  assert.equal(Math.max(...most), 1);
});

test('an input is copied when it is handed over, so changing it afterwards changes nothing', async (t) => {
  const { explainer } = await start(t);
  const mine = tensor([1, 1, 2, 2], [5, 6, 7, 8]);
  const first = explainer.explain(input, { method: 'batches' });
  const second = explainer.explain(mine, { method: 'echo' });
  mine.data.fill(0);
  await first;
  assert.deepEqual([...(await second).map.data], [5, 6, 7, 8]);
  assert.equal(mine.data.length, 4);
});

test('an input is moved where that is asked for', async (t) => {
  const { explainer } = await start(t);
  const mine = tensor([1, 1, 2, 2], [5, 6, 7, 8]);
  const { map } = await explainer.explain(mine, { method: 'echo' }, { move: true });
  assert.deepEqual([[...map.data], mine.data.length], [[5, 6, 7, 8], 0]);
});

test('a view of a large buffer is posted without the buffer', async (t) => {
  const { explainer } = await start(t);
  const data = new Float32Array(1e5).subarray(10, 14);
  const { map } = await explainer.explain({ type: 'float32', dims: [1, 1, 2, 2], data }, { method: 'bufferOf' });
  assert.equal(map.data[0], 16);
});

test('a method may keep what it hands out: its memory stays its own', async (t) => {
  const { explainer } = await start(t);
  const first = await explainer.explain(input, { method: 'cached' });
  const second = await explainer.explain(input, { method: 'cached' });
  assert.deepEqual([...second.map.data], [4, 5, 6, 7]);
  assert.equal(first.map.data.buffer.byteLength, 16);
});

test('what the engine has just made moves out of the worker without a copy, shared buffers too', () => {
  const data = attribution('m', Float32Array.of(1, 2));
  const { value, transfer } = packAttribution({ ...data, heat: data.saliency });
  const posted = structuredClone(value, { transfer });
  assert.deepEqual([data.saliency.data.length, data.input.data.length, data.map.data.length], [0, 0, 2]);
  assert.deepEqual([...posted.heat.data], [1, 2, 3, 4]);
  assert.equal(posted.heat.data.buffer, posted.saliency.data.buffer);
});

test('what a plugin or a runtime may still hold is copied: a map that is the saliency, a view, a WebAssembly memory', () => {
  const data = attribution('m', Float32Array.of(1, 2, 3, 4));
  const memory = new Float32Array(new WebAssembly.Memory({ initial: 1 }).buffer);
  const cases = {
    saliency: data.map,
    heat: { ...data.heat, data: memory.subarray(0, 4) },
    input: { ...data.input, data: memory },
  };
  const { value, transfer } = packAttribution({ ...data, ...cases });
  const posted = structuredClone(value, { transfer });
  assert.deepEqual([data.map.data.length, memory.length], [4, 16384]);
  assert.deepEqual(
    [posted.saliency.data.length, posted.heat.data.buffer.byteLength, posted.input.data.length],
    [4, 16, 16384],
  );
});

test('a signal that is aborted already sends nothing', async (t) => {
  const { explainer, made } = await start(t);
  const signal = AbortSignal.abort();
  await assert.rejects(explainer.explain(input, { method: 'echo' }, { signal }), (error) => error === signal.reason);
  const because = AbortSignal.abort('the user left');
  const named = (error: unknown): boolean =>
    abortError(error) && (error as DOMException & { cause: unknown }).cause === 'the user left';
  await assert.rejects(explainer.explain(input, { method: 'echo' }, { signal: because }), named);
  assert.equal(explains(made[0]), 0);
});

test('a job that is aborted while it waits never reaches the worker', async (t) => {
  const { explainer, made } = await start(t);
  const controller = new AbortController();
  const first = explainer.explain(input, { method: 'batches' });
  const second = explainer.explain(input, { method: 'echo' }, { signal: controller.signal });
  const third = explainer.explain(input, { method: 'echo' });
  controller.abort();
  await assert.rejects(second, abortError);
  await first;
  await third;
  assert.equal(explains(made[0]), 2);
  assert.equal(made.length, 1);
});

test('a job that is aborted while it runs stops between batches, and its worker goes on', async (t) => {
  const { explainer, made } = await start(t, { grace: 2000 });
  const controller = new AbortController();
  const onProgress = ({ fraction }: Progress): void => {
    if (fraction > 0.05) controller.abort();
  };
  const began = performance.now();
  await assert.rejects(
    explainer.explain(input, { method: 'batches' }, { signal: controller.signal, onProgress }),
    abortError,
  );
  await explainer.explain(input, { method: 'echo' });
  assert.ok(performance.now() - began < 1000);
  assert.equal(made.length, 1);
});

test('an abort after the end changes nothing', async (t) => {
  const { explainer, made } = await start(t);
  const controller = new AbortController();
  await explainer.explain(input, { method: 'echo' }, { signal: controller.signal });
  controller.abort();
  await explainer.explain(input, { method: 'echo' });
  assert.equal(made.length, 1);
});

test('a job that does not stop loses its worker, and the queue goes on with the same model and plugins', async (t) => {
  const plugin =
    'data:text/javascript,export default { kind: "method", name: "mine", needs: [], async explain() {' +
    ' return { map: { type: "float32", dims: [1, 1], data: Float32Array.of(9) } } } }';
  const { explainer, made } = await start(t, { plugins: [plugin] });
  const controller = new AbortController();
  const stuck = explainer.explain(input, { method: 'deaf' }, { signal: controller.signal });
  const next = explainer.classify(input);
  const after = explainer.explain(input, { method: 'mine' });
  setTimeout(() => controller.abort(), 20);
  await assert.rejects(stuck, abortError);
  assert.equal((await next)[0]!.probability, 7);
  assert.equal((await after).map.data[0], 9);
  assert.equal(made.length, 2);
  assert.ok(made[0]!.terminated);
});

test('a job that runs for too long is a timeout, its own or the one for all', async (t) => {
  const { explainer, made } = await start(t, { jobTimeout: 30 });
  const next = [
    explainer.explain(input, { method: 'deaf' }),
    explainer.explain(input, { method: 'deaf' }, { timeout: 10 }),
  ];
  const last = explainer.explain(input, { method: 'echo' });
  await assert.rejects(next[0]!, code('timeout'));
  await assert.rejects(next[1]!, code('timeout'));
  await last;
  assert.equal(made.length, 3);
  await assert.rejects(explainer.explain(input, { method: 'batches' }, { timeout: 40 }), code('timeout'));
  await explainer.explain(input, { method: 'echo' });
  assert.equal(made.length, 3, 'one that listens keeps its worker');
});

test('progress comes in order, throttled, with its last value, and never after the end', async (t) => {
  const { explainer } = await start(t);
  const seen: number[] = [];
  let over = false;
  const onProgress = ({ fraction }: Progress): void => {
    assert.ok(!over);
    seen.push(fraction);
  };
  const began = performance.now();
  await explainer.explain(input, { method: 'batches' }, { onProgress });
  over = true;
  const ticks = (performance.now() - began) / 33;
  await wait(80);
  assert.equal(seen.at(-1), 1);
  assert.ok(seen.length <= ticks + 3, `${seen.length} values in ${ticks} intervals`);
  assert.deepEqual(
    seen,
    [...seen].sort((a, b) => a - b),
  );
});
