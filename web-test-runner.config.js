/** Browser tests in the Chromium that npm brings, cross-origin isolated, on the TypeScript sources. */
import { createReadStream, existsSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { join, normalize } from 'node:path';
import { esbuildPlugin } from '@web/dev-server-esbuild';
import { defaultReporter } from '@web/test-runner';
import { chromeLauncher } from '@web/test-runner-chrome';
import { chromiumFlags } from './test/browsers/chromium-flags.mjs';

// Before the import: it makes the package unpack the libraries that a bare system lacks.
process.env.AWS_LAMBDA_JS_RUNTIME ??= 'nodejs22.x';
const { default: chromium } = await import('@sparticuz/chromium');

function find(folder, fits) {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return entry.name === 'node_modules' || entry.name === 'dist' ? [] : find(path, fits);
    return fits(path) ? [path] : [];
  });
}
const all = ['packages', 'test'].flatMap((folder) => find(folder, (path) => path.endsWith('.browser.ts')));

/** Leaves the counts where scripts/test.mjs looks for them. */
function countReporter(file) {
  const count = (suite, total) => {
    for (const test of suite?.tests ?? []) total[test.skipped ? 'skipped' : test.passed ? 'passed' : 'failed']++;
    for (const inner of suite?.suites ?? []) count(inner, total);
  };
  return {
    onTestRunFinished({ sessions }) {
      const total = { passed: 0, failed: 0, skipped: 0 };
      for (const session of sessions) {
        const before = total.failed;
        count(session.testResults, total);
        // A file that did not load has no tests to count.
        if (!session.passed && total.failed === before) total.failed++;
      }
      writeFileSync(file, JSON.stringify(total));
    },
  };
}

const isolate = (context, next) => {
  context.set('Cross-Origin-Opener-Policy', 'same-origin');
  context.set('Cross-Origin-Embedder-Policy', 'require-corp');
  context.set('Cross-Origin-Resource-Policy', 'same-origin');
  return next();
};

const outside = join(import.meta.dirname, '../shared');
/** Reference numbers and networks that are too large for the repository lie beside it, where there are any. */
const shared = async (context, next) => {
  if (!context.path.startsWith('/shared/')) return next();
  const file = join(outside, normalize(decodeURIComponent(context.path.slice('/shared'.length))));
  if (!file.startsWith(outside) || !existsSync(file) || !statSync(file).isFile()) return next();
  context.type = 'application/octet-stream';
  context.length = statSync(file).size;
  context.body = createReadStream(file);
};

/** A module of all methods, found by their folders: what `import('/methods.js')` gives in a browser test. */
const methods = {
  name: 'methods',
  serve({ path }) {
    if (path !== '/methods.js') return undefined;
    const sources = readdirSync(join(import.meta.dirname, 'packages/methods'))
      .map((name) => `packages/methods/${name}/src/index.ts`)
      .filter((source) => existsSync(join(import.meta.dirname, source)));
    const lines = sources.map((source) => `import(${JSON.stringify(`/${source}`)}).then((module) => module.default)`);
    return { body: `export default await Promise.all([\n${lines.join(',\n')}\n]);`, type: 'js' };
  },
};

export default {
  files: process.env.WTR_FILES ? process.env.WTR_FILES.split('\n') : all,
  rootDir: import.meta.dirname,
  nodeResolve: {
    exportConditions: ['@sightline/source', 'browser', 'import', 'default'],
    extensions: ['.ts', '.mjs', '.js'],
  },
  plugins: [methods, esbuildPlugin({ ts: true, target: 'es2022' })],
  middleware: [isolate, shared],
  concurrency: 1,
  browserStartTimeout: 120_000,
  testsStartTimeout: 120_000,
  testsFinishTimeout: 1_500_000,
  testFramework: { config: { timeout: '240000' } },
  reporters: [defaultReporter(), ...(process.env.WTR_COUNTS ? [countReporter(process.env.WTR_COUNTS)] : [])],
  browsers: [
    chromeLauncher({
      launchOptions: {
        executablePath: await chromium.executablePath(),
        headless: 'shell',
        args: chromiumFlags,
      },
    }),
  ],
};
