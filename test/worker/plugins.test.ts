import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SightlineError } from '../../packages/core/src/errors.ts';
import { validatePlugin } from '../../packages/core/src/plugin/validate.ts';
import type { Method, Metric } from '../../packages/core/src/plugin/types.ts';
import { createExplainer, type Explainer } from '../../packages/core/src/worker/client.ts';
import { importPlugin } from '../../packages/core/src/worker/plugin-loader.ts';
import { workers } from './fake-worker.ts';

const method = { kind: 'method', name: 'mine', needs: ['score'], explain: async () => ({}) };
const metric = { kind: 'metric', name: 'mine', needs: [], better: 'higher', evaluate: async () => ({ value: 1 }) };
const refusal = (value: unknown): string => {
  try {
    validatePlugin(value, 'x.js');
  } catch (error) {
    assert.ok(error instanceof SightlineError && error.code === 'bad-plugin');
    return error.message;
  }
  return 'taken';
};

test('a plain object with only what is needed is a plugin, and the rest is filled in', () => {
  const { title, paper, claims, display, options } = validatePlugin(method, 'x.js') as Method;
  assert.deepEqual(
    { title, paper, claims, display, options },
    { title: 'mine', paper: '', claims: [], display: 'magnitude', options: {} },
  );
  assert.equal((validatePlugin(metric, 'x.js') as Metric).better, 'higher');
});

test('the same plugin is the same object each time, also once it is validated', () => {
  const plugin = validatePlugin(method, 'x.js');
  assert.equal(validatePlugin(method, 'y.js'), plugin);
  assert.equal(validatePlugin(plugin, 'z.js'), plugin);
});

test('a plugin may be an instance of a class: its functions keep their `this`', async () => {
  class Mine {
    kind = 'method';
    name = 'mine';
    needs = [];
    secret = 42;
    async explain(): Promise<number> {
      return this.secret;
    }
  }
  const { explain } = validatePlugin(new Mine(), 'x.js') as unknown as { explain(): Promise<number> };
  assert.equal(await explain(), 42);
});

for (const [what, change, message] of [
  ['kind', { kind: 'explainer' }, /kind must be 'method' or 'metric', not 'explainer'/],
  ['name', { name: 'My Method' }, /name must be kebab-case, like 'my-method', not 'My Method'/],
  ['name that is missing', { name: undefined }, /name must be kebab-case.* not missing/],
  ['title', { title: 3 }, /title must be a string, not 3/],
  ['need', { needs: ['gradients'] }, /needs has 'gradients': did you mean gradient\?/],
  ['list of needs', { needs: 'score' }, /needs must be a list of score/],
  ['claim', { claims: ['complete'] }, /claims has 'complete': did you mean completeness\?/],
  ['explain', { explain: 'later' }, /explain must be a function, not 'later'/],
  ['display', { display: 'both' }, /display must be 'positive' or 'magnitude', not 'both'/],
  ['better', { ...metric, better: 'more' }, /better must be 'higher' or 'lower', not 'more'/],
  ['evaluate', { ...metric, evaluate: undefined }, /evaluate must be a function, not missing/],
  ['list of options', { options: [] }, /options must be an object of option schemas, not a list/],
  ['option', { options: { steps: 10 } }, /options\.steps must be an object such as/],
  [
    'kind of option',
    { options: { steps: { kind: 'count' } } },
    /options\.steps has kind 'count': known are number, integer/,
  ],
  [
    'range',
    { options: { steps: { kind: 'integer', default: 3 } } },
    /options\.steps must have the numbers default, min and max/,
  ],
  [
    'default',
    { options: { steps: { kind: 'number', default: 3, min: 4, max: 5 } } },
    /default 3, which is not from 4 to 5/,
  ],
  ['whole default', { options: { steps: { kind: 'integer', default: 4.5, min: 4, max: 5 } } }, /whole number/],
  [
    'choice',
    { options: { mode: { kind: 'choice', choices: ['a'], default: 'b' } } },
    /one of its choices as its default, not 'b'/,
  ],
] as const) {
  test(`a plugin with a wrong ${what} is refused with what would be right`, () => {
    assert.match(refusal({ ...method, ...change }), message);
  });
}

test('everything that is wrong is told at once', () => {
  assert.match(refusal({ kind: 'method' }), /^x\.js is no plugin: .*name.*needs.*explain/);
  for (const value of [undefined, null, 'text', [], () => 1]) assert.match(refusal(value), /must be an object such as/);
});

const module = (source: string): string => `data:text/javascript,${encodeURIComponent(source)}`;
const plain = (name: string): string =>
  module(`export default { kind: 'method', name: '${name}', needs: [], async explain() {
    return { map: { type: 'float32', dims: [1, 2], data: Float32Array.of(3, 4) } } } };`);

async function withExplainer(
  use: (explainer: Explainer, made: readonly { terminated: boolean }[]) => Promise<void>,
): Promise<void> {
  const { worker, made } = workers();
  const explainer = await createExplainer({ worker, model: Uint8Array.of(1, 0), pluginTimeout: 60, grace: 40 });
  try {
    await use(explainer, made);
  } finally {
    explainer.terminate();
  }
}
const badPlugin = (message: RegExp) => (error: unknown) => {
  assert.ok(error instanceof SightlineError && error.code === 'bad-plugin', String(error));
  assert.match(error.message, message);
  return true;
};

test('a plugin that imports nothing of ours gives its map', () =>
  withExplainer(async (explainer) => {
    const { name, kind } = await explainer.loadPlugin({ name: 'third-party', url: plain('third-party') });
    assert.deepEqual([name, kind], ['third-party', 'method']);
    assert.deepEqual(
      (await explainer.plugins()).map((plugin) => plugin.name),
      ['third-party'],
    );
    const input = { width: 1, height: 1, data: new Uint8ClampedArray(4) };
    assert.deepEqual([...(await explainer.explain(input, { method: 'third-party' })).map.data], [3, 4]);
  }));

for (const [what, source, message] of [
  ['throws when it runs', 'throw new Error("no luck")', /it threw Error: no luck/],
  ['is not JavaScript', '<!doctype html>', /it threw SyntaxError/],
  [
    'has no default export',
    'export const method = 1',
    /no default export \(it exports method\); end it with `export default/,
  ],
  ['exports nothing', '', /it exports nothing/],
  ['exports the wrong thing', 'export default 7', /is no plugin: it is 7, and must be an object such as/],
  ['waits at its top level', 'await new Promise(() => {}); export default 1', /did not finish loading within 60 ms/],
] as const) {
  test(`a module that ${what} is a bad-plugin error, and the worker goes on`, () =>
    withExplainer(async (explainer, made) => {
      await assert.rejects(explainer.loadPlugin(module(source)), badPlugin(message));
      assert.equal((await explainer.loadPlugin(plain('next'))).name, 'next');
      assert.equal(made.length, 1);
    }));
}

test('a name that is taken is refused, and the same module again is the one that is there', () =>
  withExplainer(async (explainer) => {
    const url = plain('twice');
    const first = await explainer.loadPlugin(url);
    assert.deepEqual(await explainer.loadPlugin(url), first);
    assert.equal((await explainer.plugins()).length, 1);
    await assert.rejects(explainer.loadPlugin(`${url}//2`), badPlugin(/already a method named 'twice'/));
  }));

test('a module of another name than its reference is refused', () =>
  withExplainer(async (explainer) => {
    await assert.rejects(
      explainer.loadPlugin({ name: 'a', url: plain('b') }),
      badPlugin(/it is 'b', and 'a' was asked for/),
    );
  }));

test('a plugin object cannot be sent, and the error says what can', () =>
  withExplainer(async (explainer) => {
    await assert.rejects(explainer.loadPlugin(method as never), badPlugin(/give its URL, or `worker`/));
    await assert.rejects(explainer.loadPlugin('no url'), badPlugin(/'no url' is no URL/));
  }));

test('a plugin that is given up while it loads is not there afterwards, and can be asked for again', () =>
  withExplainer(async (explainer, made) => {
    const url = module(
      'await new Promise((r) => setTimeout(r, 40)); export default { kind: "method", name: "slow", needs: [], explain() {} }',
    );
    const loading = explainer.loadPlugin(url, { signal: AbortSignal.timeout(10) });
    await assert.rejects(loading, { name: 'AbortError' });
    assert.deepEqual(await explainer.plugins(), []);
    assert.equal((await explainer.loadPlugin(url)).name, 'slow');
    assert.equal(made.length, 1);
  }));

test('why a file is not there is told by asking its server', async () => {
  const importModule = (): Promise<never> =>
    Promise.reject(new TypeError('Failed to fetch dynamically imported module'));
  const answers = (status: number, type = 'text/javascript'): Promise<Response> =>
    Promise.resolve(
      new Response('', { status, statusText: status === 404 ? 'Not Found' : '', headers: { 'content-type': type } }),
    );
  const url = 'https://example.org/p.js';
  const load = (fetchFile: () => Promise<Response>): Promise<unknown> => importPlugin(url, { importModule, fetchFile });
  await assert.rejects(
    load(() => answers(404)),
    badPlugin(/p\.js cannot be loaded: the server answers 404 Not Found/),
  );
  await assert.rejects(
    load(() => answers(200, 'text/html')),
    badPlugin(/served as text\/html, and must be text\/javascript/),
  );
  await assert.rejects(
    load(() => Promise.reject(new TypeError('Failed to fetch'))),
    badPlugin(/no CORS headers/),
  );
  await assert.rejects(
    load(() => answers(200)),
    badPlugin(/it threw TypeError/),
  );
});

test('plugins that the worker was built with are checked when it starts', async () => {
  const { worker } = workers(undefined, [{ ...method, needs: ['everything'] }] as never);
  await assert.rejects(
    createExplainer({ worker }),
    badPlugin(/plugin 0 of serve\(\) is no plugin: needs has 'everything'/),
  );
});
