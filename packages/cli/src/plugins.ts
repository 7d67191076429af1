import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import type { Plugin } from '@sightline/core/plugin';
import { slips } from './arguments.ts';
import { suggestion, UsageError } from './errors.ts';
import { noteRead } from './files.ts';

type Kind = Plugin['kind'];
interface Installed {
  readonly kind: Kind;
  /** The package's name without @sightline/method-: by convention the plugin's own. */
  readonly name: string;
  readonly folder: string;
}

const here = dirname(fileURLToPath(import.meta.url));

/** The folder and every one above it. */
function upwards(folder: string): string[] {
  const above = dirname(folder);
  return above === folder ? [folder] : [folder, ...upwards(above)];
}
const foldersIn = (path: string): string[] =>
  existsSync(path)
    ? readdirSync(path)
        .sort()
        .map((name) => join(path, name))
    : [];

/**
 * Every @sightline/method-* and metric-* that is installed: beside this command, or in the project it is called from. The
 * nearest wins. A checkout's own packages count as installed. Nothing is imported yet.
 */
export function installed(): readonly Installed[] {
  const packages = resolve(here, '../..'); // of src and of dist alike
  const folders = [
    ...['methods', 'metrics'].flatMap((kind) => foldersIn(join(packages, kind))),
    ...[process.cwd(), here].flatMap(upwards).flatMap((folder) => foldersIn(join(folder, 'node_modules/@sightline'))),
  ];
  const found = new Map<string, Installed>();
  for (const folder of folders) {
    const match = /^@sightline\/(method|metric)-(.+)$/.exec(packageName(folder) ?? '');
    if (match && !found.has(match[0])) found.set(match[0], { kind: match[1] as Kind, name: match[2]!, folder });
  }
  return [...found.values()];
}
function packageName(folder: string): string | undefined {
  const file = join(folder, 'package.json');
  if (!existsSync(file)) return undefined;
  return (JSON.parse(readFileSync(file, 'utf8')) as { name?: string }).name;
}
export const installedNames = (kind: Kind): string[] =>
  installed()
    .filter((one) => one.kind === kind)
    .map(({ name }) => name)
    .sort();

/** The method or metric of a name: one of `extra` (files or URLs given with --plugin), else an installed one. */
export async function findPlugin(kind: Kind, name: string, extra: readonly string[] = []): Promise<Plugin> {
  const given = await Promise.all(extra.map(importPlugin));
  const own = given.find((plugin) => plugin.kind === kind && plugin.name === name);
  if (own) return own;
  const all = installed();
  const one = all.find((candidate) => candidate.kind === kind && candidate.name === name);
  if (one) return importInstalled(one);
  if (all.some((candidate) => candidate.kind !== kind && candidate.name === name)) {
    throw new UsageError(
      kind === 'method'
        ? `${name} is a metric: sightline evaluate --metric ${name}`
        : `${name} is a method: sightline explain --method ${name}`,
    );
  }
  const names = [
    ...given.filter((plugin) => plugin.kind === kind).map((plugin) => plugin.name),
    ...installedNames(kind),
  ];
  if (names.length === 0) throw new UsageError(`no ${kind} is installed: npm install @sightline/${kind}-${name}`);
  throw new UsageError(`there is no ${kind} '${name}': ${suggestion(slips(name, names), names)}`);
}

async function importInstalled({ kind, name, folder }: Installed): Promise<Plugin> {
  const id = `@sightline/${kind}-${name}`;
  // A package may refer to itself by name: its own `exports` say where the plugin is.
  const require = createRequire(join(folder, 'package.json'));
  let path: string | undefined;
  for (const entry of [`${id}/plugin`, id]) {
    try {
      path ??= require.resolve(entry);
    } catch {
      // Not exported, or not built: the next one.
    }
  }
  if (!path) throw new UsageError(`${id} is installed but not built: there is no file for its entry in ${folder}`);
  return checked(await importFrom(pathToFileURL(path).href, id), id);
}

/** A third party's plugin: a file, or a self-contained module at a URL. */
export async function importPlugin(place: string): Promise<Plugin> {
  if (/^https?:/.test(place)) {
    const response = await fetch(place).catch((error: unknown) => {
      throw new UsageError(`--plugin ${place} cannot be fetched`, { cause: error });
    });
    if (!response.ok) throw new UsageError(`--plugin ${place} cannot be fetched: the server says ${response.status}`);
    const source = Buffer.from(await response.text()).toString('base64');
    return checked(await importFrom(`data:text/javascript;base64,${source}`, place), place);
  }
  const path = place.startsWith('file:') ? fileURLToPath(place) : resolve(place);
  if (!existsSync(path)) throw new UsageError(`--plugin ${place}: there is no such file`);
  return checked(await importFrom(pathToFileURL(path).href, place), place);
}

async function importFrom(url: string, name: string): Promise<unknown> {
  if (url.startsWith('file:')) await noteRead(fileURLToPath(url));
  const module = (await import(url).catch((error: unknown) => {
    throw new UsageError(
      `the plugin ${name} does not load: ${error instanceof Error ? error.message : String(error)}`,
      { cause: error },
    );
  })) as { default?: unknown };
  return module.default;
}

function checked(candidate: unknown, name: string): Plugin {
  const { kind, name: own, options, explain, evaluate } = (candidate ?? {}) as Record<string, unknown>;
  const runs = kind === 'method' ? typeof explain === 'function' : kind === 'metric' && typeof evaluate === 'function';
  if (!runs || typeof own !== 'string' || typeof options !== 'object' || options === null) {
    throw new UsageError(`${name} is no plugin: its default export must come from defineMethod or defineMetric`);
  }
  return candidate as Plugin;
}
