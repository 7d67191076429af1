import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import type { Plugin } from '../packages/core/src/plugin/types.ts';
import { check } from './suites/harness.ts';
import { methodSuite } from './suites/method.ts';
import { metricSuite } from './suites/metric.ts';

/** Every folder under packages/methods and packages/metrics is a plugin and runs its suite: there is no list to forget one in. */
for (const kind of ['method', 'metric'] as const) {
  const root = new URL(`../packages/${kind}s/`, import.meta.url);
  const folders = readdirSync(root, { withFileTypes: true }).filter((entry) => entry.isDirectory());
  for (const { name } of folders) {
    const folder = new URL(`${name}/`, root);
    describe(`package ${kind}s/${name}`, () => manifestSuite(folder, kind, name));
    const module = await load(new URL('src/index.ts', folder));
    describe(`package ${kind}s/${name}: its default export`, () => {
      it(`is a ${kind} named '${name}', and the only export`, () => {
        if (module instanceof Error) throw module;
        check(
          Object.keys(module).join() === 'default',
          `it exports ${Object.keys(module).join(', ')}, and should export its plugin as default`,
        );
        check(
          module.default.kind === kind && module.default.name === name,
          `it is the ${module.default.kind} '${module.default.name}'`,
        );
      });
      if (module instanceof Error) return;
      if (module.default.kind === 'method') methodSuite(module.default, { describe, it });
      else metricSuite(module.default, { describe, it });
    });
  }
}

/** A module that does not load fails its own tests and nobody else's. */
async function load(url: URL): Promise<{ default: Plugin } | Error> {
  try {
    return (await import(url.href)) as { default: Plugin };
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error));
  }
}

function manifestSuite(folder: URL, kind: string, name: string): void {
  const read = (file: string): string => readFileSync(new URL(file, folder), 'utf8');

  it('has a manifest like all the others', () => {
    const { description, ...manifest } = JSON.parse(read('package.json')) as Record<string, unknown> & {
      version: string;
    };
    const exported = (file: string) => ({
      '@sightline/source': './src/index.ts',
      types: './dist/index.d.ts',
      default: `./dist/${file}.js`,
    });
    const expected = {
      name: `@sightline/${kind}-${name}`,
      version: manifest.version,
      type: 'module',
      license: 'Apache-2.0',
      sideEffects: false,
      exports: { '.': exported('index'), './plugin': exported('plugin') },
      files: ['dist'],
      peerDependencies: {
        '@sightline/core': `^${manifest.version}`,
      },
    };
    check(typeof description === 'string' && description !== '', 'it has no description');
    for (const key of new Set([...Object.keys(expected), ...Object.keys(manifest)])) {
      const [is, should] = [JSON.stringify(manifest[key]), JSON.stringify(expected[key as keyof typeof expected])];
      check(is === should, `package.json: '${key}' is ${is}, and should be ${should}`);
    }
  });

  it('has a README that says what it is, when to use it and when not', () => {
    const readme = read('README.md');
    for (const heading of ['What is this?', 'When should I use this?', 'When not?']) {
      check(
        new RegExp(`^## ${heading.replace('?', '\\?')}$`, 'm').test(readme),
        `README.md has no heading '## ${heading}'`,
      );
    }
    check(
      readme.startsWith(`# @sightline/${kind}-${name}\n`),
      `README.md does not start with '# @sightline/${kind}-${name}'`,
    );
  });

  it('has a test of its own', () => {
    check(existsSync(new URL(`test/${name}.test.ts`, folder)), `test/${name}.test.ts is missing`);
  });

  it('imports nothing but the plugin interface and its own files', () => {
    for (const file of readdirSync(new URL('src/', folder), { recursive: true })
      .map(String)
      .filter((path) => path.endsWith('.ts'))) {
      for (const [, source] of read(`src/${file}`).matchAll(/\bfrom\s+'([^']+)'/g)) {
        check(source === '@sightline/core/plugin' || source!.startsWith('./'), `src/${file} imports '${source}'`);
      }
    }
  });
}
