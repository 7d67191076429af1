import type { BackendModule } from '../backend/backend.ts';
import { SightlineError } from '../errors.ts';
import type { Plugin } from '../plugin/types.ts';
import { describe } from '../plugin/validate-options.ts';
import { validatePlugin } from '../plugin/validate.ts';
import { within } from './abort.ts';

/** Seconds enough for a slow connection; a plugin is a few kilobytes. */
export const defaultPluginTimeout = 10_000;

type Module = Readonly<Record<string, unknown>>;
export interface LoaderOptions {
  /** Milliseconds that the module may take to arrive and to run. */
  readonly timeout?: number;
  /** The name that it must have. */
  readonly name?: string | undefined;
  /** How a module is imported and fetched: for tests. */
  readonly importModule?: (url: string) => Promise<Module>;
  readonly fetchFile?: (url: string, init: RequestInit) => Promise<Response>;
}

const importByUrl = (url: string): Promise<Module> =>
  import(/* @vite-ignore */ /* webpackIgnore: true */ url) as Promise<Module>;

/**
 * The plugin that a module exports by default. The module needs nothing of ours: a plain object will do.
 *
 * Throws `bad-plugin` that names the URL and what would be right: nothing there, not JavaScript, throws when it runs, takes
 * longer than its time, no default export, or one that is no plugin. A module that never leaves its thread (an endless loop)
 * cannot be stopped from inside: whoever owns the worker must end it.
 */
export async function importPlugin(url: string, options: LoaderOptions = {}): Promise<Plugin> {
  const { name } = options;
  const plugin = validatePlugin(await defaultExport(url, options), `the default export of ${url}`);
  if (name !== undefined && plugin.name !== name) {
    throw bad(url, `it is '${plugin.name}', and '${name}' was asked for`, { name: plugin.name, expected: name });
  }
  return plugin;
}

/** The backend that a module exports by default. Throws `bad-plugin` as `importPlugin` does. */
export async function importBackend(url: string, options: LoaderOptions = {}): Promise<BackendModule> {
  const value = await defaultExport(url, options);
  if (!isBackend(value)) {
    throw bad(url, 'its default export is no backend: it must be what defineBackend({ name, open }) gives');
  }
  return value;
}

/** A backend's module is a function (called with options it makes a choice) or a plain object. */
export function isBackend(value: unknown): value is BackendModule {
  if ((typeof value !== 'object' && typeof value !== 'function') || value === null) return false;
  const { kind, name, open } = value as Partial<BackendModule>;
  return kind === 'backend' && typeof name === 'string' && typeof open === 'function';
}

async function defaultExport(url: string, options: LoaderOptions): Promise<unknown> {
  const { timeout = defaultPluginTimeout, importModule = importByUrl, fetchFile = fetch } = options;
  const module = await within(imported(url, importModule, fetchFile), timeout, () => tooSlow(url, timeout));
  if (!('default' in module)) {
    const names = Object.keys(module);
    const instead = names.length === 0 ? 'nothing' : names.join(', ');
    throw bad(
      url,
      `it has no default export (it exports ${instead}); end it with \`export default { kind: 'method', … }\``,
      {
        exports: names,
      },
    );
  }
  return module['default'];
}

const bad = (url: string, what: string, details: Module = {}, options?: ErrorOptions): SightlineError =>
  new SightlineError('bad-plugin', `the plugin ${url} cannot be loaded: ${what}`, { url, ...details }, options);

/** What a plugin that does not finish loading is refused with, whoever notices. */
export const tooSlow = (url: string, timeout: number): SightlineError =>
  bad(url, `it did not finish loading within ${timeout} ms; a module must not loop or wait at its top level`, {
    timeout,
  });

async function imported(
  url: string,
  importModule: NonNullable<LoaderOptions['importModule']>,
  fetchFile: NonNullable<LoaderOptions['fetchFile']>,
): Promise<Module> {
  try {
    return await importModule(url);
  } catch (cause) {
    // Browsers say of every failed import that it failed: only a request of our own tells a missing file from a broken one.
    const missing = cause instanceof TypeError ? await whyMissing(url, fetchFile) : undefined;
    const what = missing ?? `it threw ${cause instanceof Error ? `${cause.name}: ${cause.message}` : describe(cause)}`;
    throw bad(url, what, {}, { cause });
  }
}

/** Why the file cannot be imported as far as a request can tell; undefined where it is there and is JavaScript. */
async function whyMissing(
  url: string,
  fetchFile: NonNullable<LoaderOptions['fetchFile']>,
): Promise<string | undefined> {
  try {
    const response = await fetchFile(url, { mode: 'cors' });
    await response.body?.cancel();
    if (!response.ok) return `the server answers ${response.status} ${response.statusText}`.trimEnd();
    const type = response.headers.get('content-type') ?? 'nothing';
    return /(java|ecma)script/.test(type) ? undefined : `it is served as ${type}, and must be text/javascript`;
  } catch {
    return 'it cannot be fetched: there is no such server, or it sends no CORS headers for this origin';
  }
}
