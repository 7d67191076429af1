/** Where the packages and examples are: found by looking for package.json files, listed nowhere. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = join(dirname(fileURLToPath(import.meta.url)), '../..');

/** The folders below `folder` that hold a `file`, sorted by name. */
export function foldersWith(folder, file) {
  const path = join(root, folder);
  if (!existsSync(path)) return [];
  return readdirSync(path, { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && existsSync(join(path, entry.name, file)))
    .map((entry) => join(path, entry.name))
    .sort();
}

const describe = (dir) => {
  const manifest = JSON.parse(readFileSync(join(dir, 'package.json'), 'utf8'));
  const where = relative(root, dir);
  const kind = where.startsWith('packages/methods/')
    ? 'method'
    : where.startsWith('packages/metrics/')
      ? 'metric'
      : where.startsWith('packages/backend-')
        ? 'backend'
        : 'package';
  return { dir, where, kind, name: manifest.name, manifest };
};

/** Plugins: every packages/methods/* and packages/metrics/*. */
export const plugins = () =>
  [...foldersWith('packages/methods', 'package.json'), ...foldersWith('packages/metrics', 'package.json')].map(
    describe,
  );

/** Every package: the ones directly in packages/ first, because the plugins' declarations lean on core's. */
export const packages = () => [...foldersWith('packages', 'package.json').map(describe), ...plugins()];

/**
 * The entries of a package: [{ key, source, output, types }], from the `@sightline/source` condition of its `exports`.
 */
export function entries({ dir, manifest }) {
  const found = [];
  for (const [key, target] of Object.entries(manifest.exports ?? {})) {
    const source = target['@sightline/source'];
    const output = target.default ?? target.import;
    if (source && output && /\.m?ts$/.test(source)) {
      found.push({
        key,
        source: join(dir, source),
        output: join(dir, output),
        types: target.types && join(dir, target.types),
      });
    }
  }
  return found;
}
