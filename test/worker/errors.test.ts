import assert from 'node:assert/strict';
import { test } from 'node:test';
import { transferHandlers } from 'comlink';
import { SightlineError } from '../../packages/core/src/errors.ts';
import { createExplainer } from '../../packages/core/src/worker/client.ts';
import { fromWire, toWire } from '../../packages/core/src/worker/wire-errors.ts';
import { tensor } from '../../packages/core/src/tensor/tensor.ts';
import { workers } from './fake-worker.ts';

const input = tensor([1, 1, 2, 2], [1, 2, 3, 4]);
/** As if posted. */
const across = (error: Error): Error => fromWire(structuredClone(toWire(error)));

async function thrownBy(method: string, options = {}): Promise<Error> {
  const explainer = await createExplainer({ worker: workers().worker, model: Uint8Array.of(1, 0) });
  try {
    return await explainer.explain(input, { method, options }).then(
      () => assert.fail('nothing was thrown'),
      (error: unknown) => error as Error,
    );
  } finally {
    explainer.terminate();
  }
}

test('a typed error leaves the worker as it was: class, code, details, message, stack and causes', async () => {
  const error = await thrownBy('fails');
  assert.ok(error instanceof SightlineError);
  assert.equal(error.code, 'runtime');
  assert.equal(error.message, 'it failed');
  assert.deepEqual(error.details, { node: 'conv1', sizes: [1, 2] });
  assert.match(error.stack ?? '', /fake-engine\.ts/);
  const cause = error.cause as Error;
  assert.deepEqual(
    [cause instanceof Error, cause.name, cause.message, cause.cause],
    [true, 'TypeError', 'the deepest', 'a word'],
  );
});

test('any other error keeps its name, message and stack', async () => {
  const error = await thrownBy('breaks');
  assert.deepEqual([error.name, error.message], ['RangeError', 'out of it']);
  assert.match(error.stack ?? '', /fake-engine\.ts/);
});

test('an error of another copy of core is one of ours again', () => {
  const foreign = Object.assign(new Error('elsewhere'), {
    name: 'SightlineError',
    code: 'bad-option',
    details: { option: 'x' },
  });
  const error = across(foreign);
  assert.ok(error instanceof SightlineError && error.code === 'bad-option' && error.details['option'] === 'x');
});

test('AbortError is a DOMException on the other side', () => {
  const error = across(new DOMException('stop', 'AbortError'));
  assert.ok(error instanceof DOMException && error.name === 'AbortError' && error.message === 'stop');
});

test('details that cannot be posted become text, and no error is lost because of them', () => {
  const error = across(
    new SightlineError('runtime', 'no', { what: () => 1, kept: 2 }, { cause: { f: () => 1 } }),
  ) as SightlineError;
  assert.equal(typeof error.details['what'], 'string');
  assert.equal(error.details['kept'], 2);
  assert.equal(error.cause, '[object Object]');
});

test('a chain of causes that is a ring ends', () => {
  const error = new Error('a');
  error.cause = new Error('b', { cause: error });
  assert.equal(across(error).message, 'a');
});

test("comlink's own workers notice nothing: the wire format has what its handler reads, and reads what it writes", async () => {
  await thrownBy('breaks');
  const { serialize, deserialize } = transferHandlers.get('throw')!;
  const [wire] = serialize({ value: new RangeError('r') }) as [
    { isError: boolean; value: { name: string; message: string } },
    unknown,
  ];
  assert.deepEqual([wire.isError, wire.value.name, wire.value.message], [true, 'RangeError', 'r']);
  assert.throws(() => deserialize({ isError: true, value: { name: 'N', message: 'm', stack: 's' } }), {
    name: 'N',
    message: 'm',
  });
  assert.throws(
    () => deserialize({ isError: false, value: 'thrown' }),
    (value) => value === 'thrown',
  );
});

test('options that cannot be posted are refused with what would be right', async () => {
  const error = await thrownBy('echo', { f: () => 1 });
  assert.ok(error instanceof SightlineError && error.code === 'bad-input');
  assert.match(error.message, /must be plain data/);
});
