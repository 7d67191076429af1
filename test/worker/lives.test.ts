import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SightlineError } from '../../packages/core/src/errors.ts';
import { createExplainer } from '../../packages/core/src/worker/client.ts';
import { tensor } from '../../packages/core/src/tensor/tensor.ts';
import { FakeEngine, wait } from './fake-engine.ts';
import { FakeWorker, workers } from './fake-worker.ts';

const input = tensor([1, 1, 2, 2], [1, 2, 3, 4]);
const model = Uint8Array.of(7, 0);
const code = (expected: string) => (error: unknown) => error instanceof SightlineError && error.code === expected;

test('a worker that dies fails the job that runs, and the next ones run on a fresh worker with the same model', async (t) => {
  const { made, worker } = workers();
  const explainer = await createExplainer({ worker, model });
  t.after(() => explainer.terminate());
  const running = explainer.explain(input, { method: 'deaf' });
  const next = explainer.classify(input);
  await wait(10);
  made[0]!.crash();
  await assert.rejects(
    running,
    (error) => code('worker-terminated')(error) && /out of memory/.test((error as Error).message),
  );
  assert.equal((await next)[0]!.probability, 7);
  made[1]!.crash();
  assert.equal((await explainer.classify(input))[0]!.probability, 7, 'also where nobody waited');
  assert.equal(made.length, 3);
});

test('the caller may change or move the model after load, and a fresh worker still gets what was loaded', async (t) => {
  const { made, worker } = workers();
  const explainer = await createExplainer({ worker });
  t.after(() => explainer.terminate());
  const bytes = Uint8Array.of(9, 0);
  const loading = explainer.load(bytes);
  bytes.fill(0);
  assert.equal((await loading).digest, '9');
  made[0]!.crash();
  assert.equal((await explainer.classify(input))[0]!.probability, 9);
});

test('a worker that dies again and again is given up with an error that says so, and a later job tries anew', async (t) => {
  let dies = true;
  class Dying extends FakeEngine {
    override async classify(...args: Parameters<FakeEngine['classify']>): ReturnType<FakeEngine['classify']> {
      if (!dies) return super.classify(...args);
      made.at(-1)!.crash();
      return new Promise(() => {});
    }
  }
  const { made, worker } = workers(() => new Dying());
  const explainer = await createExplainer({ worker, model });
  t.after(() => explainer.terminate());
  const results = await Promise.allSettled(Array.from({ length: 6 }, () => explainer.classify(input)));
  assert.ok(results.every((result) => result.status === 'rejected' && code('worker-terminated')(result.reason)));
  assert.match(String((results[5] as PromiseRejectedResult).reason), /3 times in a row/);
  assert.equal(made.length, 3);
  dies = false;
  assert.equal((await explainer.classify(input))[0]!.probability, 7);
});

test('a fresh worker that cannot be made fails every job that waits, and names why', async (t) => {
  let count = 0;
  const worker = (): FakeWorker => {
    if (count++ > 0) throw new Error('no more workers');
    return new FakeWorker();
  };
  const explainer = await createExplainer({ worker, model, grace: 10 });
  t.after(() => explainer.terminate());
  const stuck = explainer.explain(input, { method: 'deaf' }, { timeout: 10 });
  const next = explainer.classify(input);
  await assert.rejects(stuck, code('timeout'));
  await assert.rejects(next, /no more workers/);
  assert.equal(count, 4);
});

test('terminate rejects what runs, what waits and what comes', async () => {
  const { made, worker } = workers();
  const explainer = await createExplainer({ worker, model });
  const jobs = [explainer.explain(input, { method: 'deaf' }), explainer.classify(input), explainer.load(model)];
  await wait(10);
  explainer.terminate();
  for (const job of jobs) await assert.rejects(job, code('worker-terminated'));
  await assert.rejects(explainer.classify(input), code('worker-terminated'));
  assert.ok(made[0]!.terminated);
  explainer.terminate();
});

test('dispose lets the queue finish, and ends the worker', async () => {
  const { made, worker } = workers();
  const explainer = await createExplainer({ worker, model });
  const job = explainer.explain(input, { method: 'batches' });
  await explainer.dispose();
  assert.equal((await job).method, 'batches');
  assert.ok(made[0]!.terminated && made[0]!.calls.includes('dispose'));
  await assert.rejects(explainer.classify(input), code('worker-terminated'));
  await explainer.dispose();
});

test('a model that the engine refuses leaves the one before it, on the same worker', async (t) => {
  const { made, worker } = workers();
  const explainer = await createExplainer({ worker, model });
  t.after(() => explainer.terminate());
  await assert.rejects(explainer.load(new ArrayBuffer(0)), code('bad-model'));
  assert.equal((await explainer.classify(input))[0]!.probability, 7);
  assert.equal(made[0]!.calls.filter((call) => call === 'load').length, 2);
});

test('a load that is given up leaves the model before it, although the engine went on', async (t) => {
  const { made, worker } = workers();
  const explainer = await createExplainer({ worker, model, grace: 1000 });
  t.after(() => explainer.terminate());
  const loading = explainer.load(Uint8Array.of(8, 1), undefined, { signal: AbortSignal.timeout(30) });
  const next = explainer.classify(input);
  await assert.rejects(loading, { name: 'AbortError' });
  assert.equal((await next)[0]!.probability, 7);
  assert.equal(made.length, 1);
});

test('a load that is given up where there was no model leaves no model', async (t) => {
  const { worker } = workers();
  const explainer = await createExplainer({ worker, grace: 1000 });
  t.after(() => explainer.terminate());
  const loading = explainer.load(Uint8Array.of(8, 1), undefined, { signal: AbortSignal.timeout(30) });
  const next = explainer.classify(input);
  await assert.rejects(loading, { name: 'AbortError' });
  await assert.rejects(next, code('bad-model'));
});

test('createExplainer that fails leaves no worker behind', async () => {
  const { made, worker } = workers();
  await assert.rejects(createExplainer({ worker, model: new Uint8Array() }), code('bad-model'));
  await assert.rejects(
    createExplainer({ worker, plugins: ['data:text/javascript,export const x = 1'] }),
    code('bad-plugin'),
  );
  await assert.rejects(
    createExplainer({ worker, model: Uint8Array.of(1, 2), grace: 10, jobTimeout: 20 }),
    code('timeout'),
  );
  const signal = AbortSignal.timeout(20);
  await assert.rejects(createExplainer({ worker, model: Uint8Array.of(1, 2), grace: 10, signal }), {
    name: 'AbortError',
  });
  await assert.rejects(createExplainer({ worker, signal }), { name: 'AbortError' });
  assert.deepEqual(
    made.map(({ terminated }) => terminated),
    [true, true, true, true],
  );
});

test('a worker that never says it is there is a timeout that asks for serve()', async () => {
  const { port1, port2 } = new MessageChannel();
  const silent = Object.assign(port1, { terminate: () => port2.close() });
  await assert.rejects(createExplainer({ worker: () => silent, startTimeout: 30 }), /does its file call serve\(\)/);
});

test('engine options reach the engine before it is made', async (t) => {
  const seen: unknown[] = [];
  const { worker } = workers((options) => {
    seen.push(options);
    return new FakeEngine();
  });
  const engine = { runtime: { url: 'https://example.org/ort.mjs', numThreads: 1 }, memory: 1e6 };
  const explainer = await createExplainer({ worker, engine });
  t.after(() => explainer.terminate());
  assert.deepEqual(seen, [{ ...engine, backends: [] }]);
});
