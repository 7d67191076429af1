/** `npm run new method my-cam`, `npm run new metric my-score`: the four files of a plugin, ready to fill in. */
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { root } from './lib/packages.mjs';

const [kind, name, ...rest] = process.argv.slice(2);
if (!['method', 'metric'].includes(kind) || !/^[a-z][a-z0-9]*(-[a-z0-9]+)*$/.test(name ?? '') || rest.length > 0) {
  console.error('Usage: npm run new method my-cam | npm run new metric my-score   (names in kebab-case)');
  process.exit(2);
}
const dir = join(root, `packages/${kind}s/${name}`);
if (existsSync(dir)) {
  console.error(`packages/${kind}s/${name} is there already`);
  process.exit(2);
}
const title = name.replace(/(^|-)([a-z])/g, (_, dash, letter) => (dash ? ' ' : '') + letter.toUpperCase());
const pkg = `@sightline/${kind}-${name}`;

const manifest = {
  name: pkg,
  version: '0.1.0',
  description: `${title}: what it does, in a line.`,
  type: 'module',
  license: 'Apache-2.0',
  sideEffects: false,
  exports: {
    '.': { '@sightline/source': './src/index.ts', types: './dist/index.d.ts', default: './dist/index.js' },
    './plugin': { '@sightline/source': './src/index.ts', types: './dist/index.d.ts', default: './dist/plugin.js' },
  },
  files: ['dist'],
  peerDependencies: { '@sightline/core': '^0.1.0' },
};

const method = `import { defineMethod, layer, tensor } from '@sightline/core/plugin';

/** ${title}: what it does, and where each line is in the paper. */
export default defineMethod({
  name: '${name}',
  title: '${title}',
  paper: 'https://doi.org/…',
  needs: ['tap'],
  claims: [],
  options: { layer: layer() },
  display: 'positive',
  async explain(model, input, target, options, { signal }) {
    signal.throwIfAborted();
    const { activation, gradient } = await model.tap(input, target, options.layer);
    const [, K, h, w] = activation.dims as readonly [number, number, number, number];
    const map = tensor([h, w]);
    for (let k = 0; k < K; k++) {
      for (let i = 0; i < h * w; i++) map.data[i]! += gradient.data[k * h * w + i]! * activation.data[k * h * w + i]!;
    }
    return { map };
  },
});
`;
const metric = `import { defineMetric, tensor } from '@sightline/core/plugin';

/** ${title}: what it measures, and where each line is in the paper. */
export default defineMetric({
  name: '${name}',
  title: '${title}',
  paper: 'https://doi.org/…',
  better: 'lower',
  needs: ['score'],
  options: {},
  async evaluate(model, input, target, map, _options, { signal }) {
    signal.throwIfAborted();
    const [, C, H, W] = input.dims as readonly [number, number, number, number];
    const masked = tensor(input.dims, input.data.map((value, i) => value * Math.max(0, map.data[i % (H * W)]!)));
    const [value] = await model.score(tensor([1, C, H, W], masked.data), { ...target, of: 'probability' });
    return { value: value! };
  },
});
`;
const test = `import assert from 'node:assert/strict';
import { test } from 'node:test';
import plugin from '../src/index.ts';

test('${name} says what it is', () => {
  assert.equal(plugin.kind, '${kind}');
  assert.equal(plugin.name, '${name}');
});
`;
const readme = `# ${pkg}

${title}: what it does, in a few lines, with the paper.

\`\`\`ts
import { createExplainer } from '@sightline/core';
import plugin from '${pkg}';
\`\`\`

## Options

## What it claims, and what it does not
`;

const files = {
  'package.json': `${JSON.stringify(manifest, null, 2)}\n`,
  'README.md': readme,
  'src/index.ts': kind === 'method' ? method : metric,
  [`test/${name}.test.ts`]: test,
};
for (const [path, text] of Object.entries(files)) {
  mkdirSync(dirname(join(dir, path)), { recursive: true });
  writeFileSync(join(dir, path), text);
  console.log(`packages/${kind}s/${name}/${path}`);
}
console.log('Next: npm install (links the package), npm run docs (the tables), npm test -- ' + name);
