import assert from 'node:assert/strict';
import { cpSync, mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { before, describe, test } from 'node:test';
import { build as esbuild } from 'esbuild';
import { createServer, build as vite } from 'vite';
import webpack from 'webpack';
import { serve } from '../../scripts/serve.mjs';
import { engines } from '../browsers.ts';
import { install } from '../published/install.ts';
import { root } from './playground.ts';

/*
 * The packages as npm would publish them, in apps built as users build them: most trouble with a runtime in a worker is that
 * its files are not where the bundle looks for them.
 */

/** The README's example; `extra` is what a bundler that copies no files needs to be told. */
const app = (extra = 'plugins: [liftCam, deletion], backends: [webgpu()]', imports = ''): string => `${imports}
import { createExplainer } from '@sightline/core';
import webgpu from '@sightline/backend-webgpu';
import liftCam from '@sightline/method-lift-cam';
import deletion from '@sightline/metric-deletion';
import { drawPair, preprocessing } from '@sightline/scenes';
const say = (text) => (document.querySelector('#words').textContent = text);
try {
  const explainer = await createExplainer({
    model: '/scenes.onnx', loadOptions: { preprocessing }, ${extra}
  });
  const attribution = await explainer.explain(drawPair(5).picture, { method: 'lift-cam' });
  const { value } = await explainer.evaluate(attribution, 'deletion');
  say(attribution.class.index + ' ' + value.toFixed(2));
} catch (error) {
  say(error.code + ': ' + error.message);
}`;
const page =
  '<!doctype html><meta charset="utf-8"><link rel="icon" href="data:,"><p id="words"></p><script type="module" src="/main.js"></script>';
const inline = [
  'plugins: [liftCam, deletion], worker: inlineWorker, engine: { runtime: { url: "/ort/ort.wasm.min.mjs", wasmPaths: "/ort/" } }',
  'import { inlineWorker } from "@sightline/core/inline-worker";',
] as const;
const own = [
  'worker: () => new Worker("/worker.js", { type: "module" }), engine: { runtime: { wasmPaths: "/ort/" } }',
] as const;

const [chromium] = engines().filter(({ name }) => name === 'chromium');
let project = '';

/** A folder with the app's sources in the project that has the packages; what is built from it goes into its dist. */
function source(name: string, main: string, files: Readonly<Record<string, string>> = {}): string {
  const folder = join(project, name);
  for (const [file, text] of Object.entries({ 'main.js': main, 'index.html': page, ...files })) {
    mkdirSync(dirname(join(folder, file)), { recursive: true });
    writeFileSync(join(folder, file), text);
  }
  cpSync(join(root, 'packages/scenes/model/scenes.onnx'), join(folder, 'public/scenes.onnx'));
  return folder;
}

async function explains(url: string): Promise<void> {
  const tab = await chromium!.launch();
  try {
    await tab.goto(url);
    const said = (): boolean => document.querySelector('#words')?.textContent !== '';
    await tab.waitFor('the app to say something', said, [], { timeout: 90_000 });
    const words = await tab.evaluate(() => document.querySelector('#words')!.textContent);
    assert.match(String(words), /^6 0\.\d\d$/); // a crescent
  } finally {
    await tab.close();
  }
}

/** What a bundler wrote into `dist`, with the files beside it that are not its business. */
async function served(folder: string, files: Readonly<Record<string, string>> = {}): Promise<void> {
  const dist = join(folder, 'dist');
  for (const [to, from] of Object.entries(files)) cpSync(from, join(dist, to), { recursive: true });
  const site = await serve({ '/': dist }, 0);
  await explains(`${site.url}/`).finally(() => site.close());
}
const still = (folder: string): Readonly<Record<string, string>> => ({
  'index.html': join(folder, 'index.html'),
  'scenes.onnx': join(folder, 'public/scenes.onnx'),
});

describe(
  'an app with the published packages explains',
  { skip: chromium ? (chromium.skip ?? false) : 'no Chromium' },
  () => {
    before(async () => void ({ project } = await install()));

    test('in Vite, built', async () => {
      const folder = source('vite', app());
      await vite({ root: folder, logLevel: 'error', configFile: false });
      await served(folder);
    });

    test('in Vite, while developing', async () => {
      const folder = source('vite-dev', app('plugins: [liftCam, deletion]'));
      // The runtime is linked to, outside of the project.
      const server = await createServer({
        ...{ root: folder, logLevel: 'error', configFile: false, cacheDir: join(folder, '.vite') },
        server: { port: 0, fs: { strict: false } },
      });
      await server.listen();
      await explains(server.resolvedUrls!.local[0]!).finally(() => server.close());
    });

    test('in webpack', async () => {
      const folder = source('webpack', app());
      const stats = await new Promise<webpack.Stats>((resolve, reject) =>
        webpack(
          {
            ...{ mode: 'production', context: folder, entry: './main.js', devtool: false, performance: false },
            output: { path: join(folder, 'dist'), filename: 'main.js' },
            optimization: { minimize: false },
          },
          (error, result) => (result ? resolve(result) : reject(error ?? new Error('webpack said nothing'))),
        ),
      );
      assert.deepEqual(stats.toJson({ errors: true }).errors, []);
      await served(folder, still(folder));
    });

    for (const [how, [extra, imports], files] of [
      ['the worker as text', inline, {}],
      [
        'a worker of its own',
        own,
        {
          'worker.js': `import { serve } from '@sightline/core/worker';
          import webgpu from '@sightline/backend-webgpu';
          import liftCam from '@sightline/method-lift-cam';
          import deletion from '@sightline/metric-deletion';
          serve([liftCam, deletion, webgpu]);`,
        },
      ],
    ] as const) {
      test(`in esbuild, which copies no files, with ${how}`, async () => {
        const folder = source(`esbuild-${how.replaceAll(' ', '-')}`, app(extra, imports), files);
        await esbuild({
          entryPoints: ['main.js', ...Object.keys(files)].map((file) => join(folder, file)),
          ...{ outdir: join(folder, 'dist'), bundle: true, format: 'esm', logLevel: 'error' },
        });
        await served(folder, { ...still(folder), ort: join(root, 'node_modules/onnxruntime-web/dist') });
      });
    }
  },
);
