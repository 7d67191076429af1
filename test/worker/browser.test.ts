import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import type { Attribution } from '../../packages/core/src/engine/attribution.ts';
import type { Page } from '../browsers.ts';
import { openPage, type PageGlobals, type RealPage } from './real-page.ts';
import type { Site } from './site.ts';

declare const createExplainer: PageGlobals['createExplainer'];
declare const told: PageGlobals['told'];
declare const input: PageGlobals['input'];
declare const fake: PageGlobals['fake'];

let real: RealPage;
let site: Site;
let page: Page;
before(async () => {
  real = await openPage();
  ({ site, page } = real);
});
after(() => real?.close());

describe('a real worker', () => {
  test('a third-party .js file that imports nothing gives its map, also from another origin', async () => {
    for (const origin of ['', site.other]) {
      const map = await page.evaluate(async (base) => {
        const explainer = await createExplainer({ ...fake, plugins: [`${base}/plugins/plain.js`] });
        const { map } = await explainer.explain(input(), { method: 'plain' });
        explainer.terminate();
        return [...map.data];
      }, origin);
      assert.deepEqual(map, [1, -2, 3]);
    }
  });

  test('a plugin package’s export goes to the worker by the text of its module, which its build put on it', async () => {
    const [map, infos] = await page.evaluate(async () => {
      const source = `export default { kind: 'method', name: 'carried', needs: ['score'],
        async explain() { return { map: { type: 'float32', dims: [2], data: Float32Array.of(4, 5) } }; } };`;
      const carried = { kind: 'method', name: 'carried', source } as const;
      const explainer = await createExplainer({ ...fake, plugins: [carried, carried] });
      const { map } = await explainer.explain(input(), { method: 'carried' });
      const infos = await explainer.plugins();
      explainer.terminate();
      return [[...map.data], infos.length] as const;
    });
    assert.deepEqual(map, [4, 5]);
    assert.equal(infos, 1);
  });

  test('a backend is opened by the text of its module, or as the worker serves it; why it does not open is told', async () => {
    const told = await page.evaluate(async () => {
      const source = `export default { kind: 'backend', name: 'hopeless', open: async ({ why }) => { throw new Error(why); } };`;
      const open = (): Promise<never> => Promise.reject(new Error('not on a page'));
      const hopeless = { kind: 'backend', name: 'hopeless', options: { why: 'no such device' }, open, source } as const;
      const model = await (await fetch('/scenes.onnx')).arrayBuffer();
      const refusals = [];
      for (const workerUrl of ['/engine-worker.js', '/app-worker.js']) {
        const explainer = await createExplainer({
          workerUrl,
          backends: [hopeless],
          engine: { runtime: { url: '/ort/ort.wasm.min.mjs' } },
        });
        refusals.push((await explainer.load(model)).refusals);
        explainer.terminate();
      }
      return refusals;
    });
    assert.deepEqual(told, [{ hopeless: 'no such device' }, { hopeless: 'no such device' }]);
  });

  test('a backend that neither came along nor is served is refused by name', async () => {
    const error = await page.evaluate(() => {
      const open = (): Promise<never> => Promise.reject(new Error('not on a page'));
      const backends = [{ kind: 'backend', name: 'absent', options: {}, open }] as const;
      return createExplainer({ ...fake, backends }).catch(told);
    });
    assert.match(String((error as Record<string, string>)['message']), /the worker has no backend 'absent': serve\(/);
  });

  test('a worker file of another origin is used through a Blob of this one', async () => {
    const probability = await page.evaluate(async (base) => {
      const explainer = await createExplainer({
        ...fake,
        workerUrl: `${base}/fake-worker.js`,
        plugins: ['/plugins/plain.js'],
      });
      const [first] = await explainer.classify(input());
      explainer.terminate();
      return first!.probability;
    }, site.other);
    assert.equal(probability, 7);
  });

  for (const how of ['abort', 'timeout'] as const) {
    test(`a plugin that loops for ever inside explain is ended on ${how}, and the next job runs`, async () => {
      const result = await page.evaluate(async (how) => {
        const explainer = await createExplainer({
          ...fake,
          plugins: ['/plugins/loops-inside.js', '/plugins/plain.js'],
        });
        const job = how === 'abort' ? { signal: AbortSignal.timeout(100) } : { timeout: 100 };
        const stuck = explainer.explain(input(), { method: 'loops-inside' }, job).catch(told);
        const next = explainer.explain(input(), { method: 'plain' });
        const both = { error: (await stuck) as Record<string, string>, map: [...(await next).map.data] };
        explainer.terminate();
        return both;
      }, how);
      assert.deepEqual(result.map, [1, -2, 3]);
      const { name, code, kind } = result.error;
      assert.deepEqual(
        { name, kind },
        how === 'abort' ? { name: 'AbortError', kind: 'dom' } : { name: 'SightlineError', kind: 'sightline' },
      );
      if (how === 'timeout') assert.equal(code, 'timeout');
    });
  }

  test('an abort that the engine hears keeps the worker', async () => {
    const made = await page.evaluate(async () => {
      let made = 0;
      const worker = (): Worker => {
        made++;
        return new Worker('/fake-worker.js', { type: 'module' });
      };
      const { model } = fake;
      const explainer = await createExplainer({ model: model!, worker, grace: 5000 });
      const controller = new AbortController();
      const onProgress = (): void => controller.abort();
      const error = await explainer
        .explain(input(), { method: 'batches' }, { signal: controller.signal, onProgress })
        .catch(told);
      await explainer.explain(input(), { method: 'echo' });
      explainer.terminate();
      return { made, name: (error as unknown as Error).name };
    });
    assert.deepEqual(made, { made: 1, name: 'AbortError' });
  });

  for (const [file, message] of [
    ['missing.js', /\/plugins\/missing\.js cannot be loaded: the server answers 404 Not Found/],
    ['throws.js', /\/plugins\/throws\.js cannot be loaded: it threw Error: no luck/],
    ['wrong.js', /no default export \(it exports explain\)/],
    ['half.js', /half\.js is no plugin: needs must be a list of score.*explain must be a function, not missing/],
    ['page.js', /is served as text\/html, and must be text\/javascript/],
    ['loops.js', /did not finish loading within 400 ms; a module must not loop/],
  ] as const) {
    test(`the module ${file} is refused as a bad plugin, and the next job runs`, async () => {
      const { error, map } = await page.evaluate(async (url) => {
        const explainer = await createExplainer({ ...fake, plugins: ['/plugins/plain.js'], pluginTimeout: 400 });
        const refused = explainer.loadPlugin(url).catch(told);
        const next = explainer.explain(input(), { method: 'plain' });
        const result = { error: (await refused) as Record<string, string>, map: [...(await next).map.data] };
        explainer.terminate();
        return result;
      }, `/plugins/${file}`);
      assert.deepEqual([error['kind'], error['code']], ['sightline', 'bad-plugin']);
      assert.match(error['message']!, message);
      assert.deepEqual(map, [1, -2, 3]);
    });
  }

  test('a typed error crosses whole', async () => {
    const error = await page.evaluate(async () => {
      const explainer = await createExplainer(fake);
      const error: unknown = await explainer.explain(input(), { method: 'fails' }).catch((e: unknown) => e);
      explainer.terminate();
      const { details, cause } = error as Error & { details: { node: string } };
      return { ...told(error), node: details.node, cause: (cause as Error).message };
    });
    const { kind, code, node, cause } = error as Record<string, string | boolean>;
    assert.deepEqual(
      { kind, code, node, cause },
      { kind: 'sightline', code: 'runtime', node: 'conv1', cause: 'the deepest' },
    );
  });

  test('terminate rejects what runs and what waits', async () => {
    const codes = await page.evaluate(async () => {
      const explainer = await createExplainer(fake);
      const jobs = [explainer.explain(input(), { method: 'loop' }), explainer.classify(input())];
      setTimeout(() => explainer.terminate(), 50);
      const results = await Promise.allSettled(jobs);
      return results.map((result) => (result.status === 'rejected' ? told(result.reason)['code'] : ''));
    });
    assert.deepEqual(codes, ['worker-terminated', 'worker-terminated']);
  });

  test('a worker that is ended behind our back fails its job, and the next one runs on a fresh worker', async () => {
    const { code, probability } = await page.evaluate(async () => {
      const made: Worker[] = [];
      const worker = (): Worker => {
        made.push(new Worker('/fake-worker.js', { type: 'module' }));
        return made.at(-1)!;
      };
      const { model } = fake;
      const explainer = await createExplainer({ model: model!, worker });
      const lost = explainer.explain(input(), { method: 'loop' }).catch(told);
      const next = explainer.classify(input());
      setTimeout(() => made[0]!.terminate(), 50);
      const { code } = (await lost) as Record<string, string>;
      const [first] = await next;
      explainer.terminate();
      return { code, probability: first!.probability };
    });
    assert.deepEqual({ code, probability }, { code: 'worker-terminated', probability: 7 });
  });

  test('a worker file that is not there is an error at once', async () => {
    const error = await page.evaluate(
      () => createExplainer({ workerUrl: '/missing.js' }).catch(told) as Promise<Record<string, string>>,
    );
    assert.equal(error['code'], 'worker-terminated');
    assert.match(error['message']!, /could not be loaded/);
  });

  test('a model that is not there is a bad-model error that names its URL', async () => {
    const error = await page.evaluate(
      () => createExplainer({ ...fake, model: '/missing.onnx' }).catch(told) as Promise<Record<string, string>>,
    );
    assert.equal(error['code'], 'bad-model');
    assert.match(error['message']!, /\/missing\.onnx cannot be read: the server answers 404/);
  });
});

describe('the real engine', () => {
  const options = {
    model: '/scenes.onnx',
    engine: { runtime: { url: '/ort/ort.wasm.min.mjs', wasmPaths: '/ort/', numThreads: 1 } },
  };

  test('the worker that ships with core takes the runtime by URL, and explains with a plugin by URL', async () => {
    const { backend, size, image, saved } = await page.evaluate(async (options) => {
      const explainer = await createExplainer({ ...options, plugins: ['/plugins/first-channel.js'] });
      const picture = new ImageData(100, 80);
      for (let i = 0; i < picture.data.length; i++) picture.data[i] = (i * 37) % 256;
      const attribution: Attribution = await explainer.explain(picture, { method: 'first-channel' });
      const { width, height } = attribution.toImageData({ over: picture });
      const again = JSON.parse(JSON.stringify(attribution)) as { method: string };
      await explainer.dispose();
      const { x, y } = attribution.crop;
      return {
        backend: attribution.backend,
        size: attribution.map.dims.join(),
        image: [width, height, x, y],
        saved: again.method,
      };
    }, options);
    assert.deepEqual([backend, size, saved], ['cpu', '64,64', 'first-channel']);
    const [width, height] = image;
    assert.ok(width! > 0 && width === height && height! <= 80);
  });

  test("an app's own worker has the plugins that it was built with, with progress and abort", async () => {
    const { names, fractions, aborted, again } = await page.evaluate(async (options) => {
      const explainer = await createExplainer({ ...options, workerUrl: '/app-worker.js' });
      const names = (await explainer.plugins()).map(({ name }) => name);
      const fractions: number[] = [];
      const request = { method: 'rise', target: 0, options: { masks: 200 } };
      await explainer.explain(input(), request, { onProgress: ({ fraction }) => fractions.push(fraction) });
      const controller = new AbortController();
      const onProgress = (): void => controller.abort();
      const stopped = explainer.explain(input(), request, { signal: controller.signal, onProgress }).catch(told);
      const { name: aborted } = (await stopped) as unknown as Error;
      const again = (await explainer.classify(input())).length;
      explainer.terminate();
      return { names, fractions, aborted, again };
    }, options);
    assert.deepEqual([names, aborted, again], [['rise'], 'AbortError', 5]);
    assert.equal(fractions.at(-1), 1);
  });
});
