/**
 * npm test: installs and builds what is missing, checks the sources, runs every test there is, and ends with one line,
 * `N passed, N failed`, over all of them. `npm test -- words…` runs only the test files whose path holds one of the words.
 *
 * ENGINES=chromium,firefox,webkit   the browsers for the end-to-end tests (chromium, which npm brings, unless given)
 * REQUIRE_ENGINES=…                 of these, the ones whose absence is a failure and not a skip
 */
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join, relative } from 'node:path';
import { root } from './lib/packages.mjs';
import { build, install, node, tool, typescript } from './lib/run.mjs';

const words = process.argv.slice(2).filter((word) => !word.startsWith('-'));
const total = { passed: 0, failed: 0, skipped: 0 };
const failures = [];

function count(name, { passed, failed, skipped }) {
  total.passed += passed;
  total.failed += failed;
  total.skipped += skipped;
  if (failed > 0) failures.push(name);
}

async function check(name, work) {
  console.log(`\n── ${name}`);
  const ok = await work().then(
    (code) => code === 0,
    (error) => (console.error(String(error)), false),
  );
  console.log(`${ok ? '✔' : '✖'} ${name}`);
  count(name, { passed: ok ? 1 : 0, failed: ok ? 0 : 1, skipped: 0 });
  return ok;
}

/** Test files by the end of their name; dist and node_modules are never looked into. */
function find(folder, suffix) {
  const path = join(root, folder);
  if (!existsSync(path)) return [];
  return readdirSync(path, { withFileTypes: true }).flatMap((entry) => {
    const inner = join(folder, entry.name);
    if (entry.isDirectory()) return entry.name === 'node_modules' || entry.name === 'dist' ? [] : find(inner, suffix);
    return entry.name.endsWith(suffix) ? [inner] : [];
  });
}
const wanted = (file) => words.length === 0 || words.some((word) => file.includes(word));

const cache = join(root, 'node_modules/.cache/sightline-test');

/** A runner that leaves its counts in a file; one that dies before it could, or counts nothing wrong yet fails, is one failure. */
async function suite(name, files, start) {
  if (files.length === 0) return;
  console.log(`\n── ${name}: ${files.length} files`);
  mkdirSync(cache, { recursive: true });
  const file = join(cache, `${name.replace(/\W+/g, '-')}.json`);
  rmSync(file, { force: true });
  const code = await start(file);
  const counts = existsSync(file) ? JSON.parse(readFileSync(file, 'utf8') || 'null') : null;
  if (counts) count(name, counts);
  if (code !== 0 && !counts?.failed) {
    console.error(`✖ ${name} ended with code ${code}`);
    count(name, { passed: 0, failed: 1, skipped: 0 });
  }
}

const nodeTests =
  (files, { concurrency, timeout }) =>
  (out) =>
    node([
      ...typescript,
      '--test',
      `--test-concurrency=${concurrency}`,
      `--test-timeout=${timeout * 60_000}`,
      '--test-reporter=spec',
      '--test-reporter-destination=stdout',
      '--test-reporter=./scripts/lib/count-reporter.mjs',
      `--test-reporter-destination=${relative(root, out)}`,
      ...files,
    ]);

async function main() {
  await install();
  if (!(await check('build', () => build().then(() => 0)))) return;
  if (words.length === 0) {
    await check('typecheck', () => tool('tsc', ['-p', 'tsconfig.json']));
    await check('lint', () => tool('eslint', ['.', '--cache', '--cache-location', 'node_modules/.cache/eslint/']));
    await check('format', () => tool('prettier', ['--check', '--log-level', 'warn', '.']));
    await check('arrows', () => node(['scripts/check-arrows.mjs']));
    await check('tables', () => node([...typescript, 'scripts/docs.mjs', '--check']));
  }
  const e2e = find('test/e2e', '.test.ts').filter(wanted);
  const unit = [...find('test', '.test.ts'), ...find('packages', '.test.ts')]
    .filter((file) => !file.startsWith('test/e2e'))
    .filter(wanted);
  const browser = [...find('packages', '.browser.ts'), ...find('test', '.browser.ts')].filter(wanted);
  await suite('Node', unit, nodeTests(unit, { concurrency: 2, timeout: 10 }));
  await suite('browser', browser, (out) =>
    tool('web-test-runner', ['--config', 'web-test-runner.config.js'], {
      env: { WTR_COUNTS: out, WTR_FILES: browser.join('\n') },
    }),
  );
  await suite('end to end', e2e, nodeTests(e2e, { concurrency: 1, timeout: 15 }));
}

await main().catch((error) => {
  console.error(error);
  count('npm test itself', { passed: 0, failed: 1, skipped: 0 });
});
if (total.passed + total.failed === 0)
  count(`no test file matches ${words.join(', ')}`, { passed: 0, failed: 1, skipped: 0 });
console.log(failures.length > 0 ? `\nFailed: ${failures.join(', ')}` : '');
console.log(`${total.passed} passed, ${total.failed} failed${total.skipped > 0 ? `, ${total.skipped} skipped` : ''}`);
process.exit(total.failed > 0 ? 1 : 0);
