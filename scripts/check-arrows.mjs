/**
 * The dependency arrows of ARCHITECTURE.md, checked on every import: between packages, and between the parts of core.
 * A part may import the parts listed for it and nothing else; `type` lists what it may import as types only.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { packages, root } from './lib/packages.mjs';

const core = {
  errors: { value: [] },
  tensor: { value: ['errors'] },
  graph: { value: ['errors', 'tensor'] },
  kernels: { value: ['errors', 'tensor'], type: ['backend'] },
  backend: { value: ['errors', 'tensor', 'graph', 'kernels'] },
  backward: { value: ['errors', 'tensor', 'graph'] },
  model: { value: ['errors', 'tensor', 'graph', 'backend', 'backward', 'kernels'] },
  plugin: { value: ['errors', 'tensor', 'kernels', 'model'], type: ['backend'] },
  engine: { value: ['errors', 'tensor', 'graph', 'kernels', 'backend', 'backward', 'model', 'plugin'] },
  worker: { value: ['errors', 'tensor', 'graph', 'kernels', 'backend', 'backward', 'model', 'plugin', 'engine'] },
};

/** Which packages a package may import; `core` is @sightline/core with its subpaths. */
const between = (pkg) => {
  if (pkg.where === 'packages/core' || pkg.where === 'packages/scenes')
    return (name) => pkg.where === 'packages/scenes' && name === '@sightline/core';
  if (pkg.kind !== 'package' || /^packages\/backend-/.test(pkg.where)) return (name) => name === '@sightline/core';
  return () => true; // cli
};

function sources(dir) {
  if (!existsSync(dir)) return [];
  return readdirSync(dir, { withFileTypes: true }).flatMap((entry) => {
    const path = join(dir, entry.name);
    if (entry.isDirectory())
      return ['node_modules', 'dist', 'test', 'generated'].includes(entry.name) ? [] : sources(path);
    return /\.ts$/.test(entry.name) && !/\.(as|d)\.ts$/.test(entry.name) ? [path] : [];
  });
}

/** The imports of a file: [{ specifier, type, line }]. Sources are formatted, so a pattern is enough. */
function imports(text) {
  const plain = text
    .replace(/\/\*[\s\S]*?\*\//g, (comment) => comment.replace(/[^\n]/g, ' '))
    .replace(/^(\s*)\/\/.*$/gm, '$1');
  const pattern =
    /^\s*(?:import|export)\s+(type\s+)?(?:[\w*\s{},$]+?\s+from\s+)?['"]([^'"]+)['"]|(?:\bimport\(\s*)['"]([^'"]+)['"]/gm;
  return [...plain.matchAll(pattern)].map((match) => {
    const clause = match[0];
    const names =
      /\{([^}]*)\}/
        .exec(clause)?.[1]
        .split(',')
        .map((name) => name.trim())
        .filter(Boolean) ?? [];
    const onlyTypes = names.length > 0 && names.every((name) => name.startsWith('type '));
    return {
      specifier: match[2] ?? match[3],
      type: Boolean(match[1]) || onlyTypes,
      line: plain.slice(0, match.index + match[0].length).split('\n').length,
    };
  });
}

/** The part of core that a file belongs to; undefined for the index, which may import all of it. */
function part(file) {
  const path = relative(join(root, 'packages/core'), file);
  if (path.startsWith('kernels/')) return 'kernels';
  const name = /^src\/([^/]+)/.exec(path)?.[1]?.replace(/\.ts$/, '');
  return name !== undefined && name in core ? name : undefined;
}

const wrong = [];
let files = 0;
for (const pkg of packages()) {
  const allowed = between(pkg);
  for (const file of [
    ...sources(join(pkg.dir, 'src')),
    ...(pkg.where === 'packages/core' ? sources(join(pkg.dir, 'kernels')) : []),
  ]) {
    files++;
    if (/kernels\/(.+\/)?cases(\.generated)?\.ts$/.test(file)) continue; // read by tests, never shipped
    for (const { specifier, type, line } of imports(readFileSync(file, 'utf8'))) {
      const complain = (why) => wrong.push(`${relative(root, file)}:${line} imports ${specifier}: ${why}`);
      if (!specifier.startsWith('.')) {
        const name = /^@sightline\/[^/]+/.exec(specifier)?.[0];
        if (name && !allowed(name)) complain(`${pkg.name} may not depend on ${name}`);
        continue;
      }
      const target = join(dirname(file), specifier);
      if (relative(pkg.dir, target).startsWith('..')) complain('leaves its package');
      else if (/^test\//.test(relative(pkg.dir, target))) complain('nothing imports tests');
      else if (pkg.where === 'packages/core') {
        const [from, to] = [part(file), part(target)];
        if (from === undefined || from === to) continue;
        if (to === undefined) complain('a part of core may not import the index');
        else if (!core[from].value.includes(to) && !(type && core[from].type?.includes(to)))
          complain(`${from} may not import ${to}`);
      }
    }
  }
}
for (const line of wrong) console.error(line);
console.log(`${files} files, ${wrong.length} wrong arrows`);
process.exit(wrong.length > 0 ? 1 : 0);
