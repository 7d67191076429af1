import type { BackendChoice } from '../backend/define.ts';
import { pictureOf, type PagePicture } from '../engine/page-picture.ts';
import type { Input } from '../engine/types.ts';
import { SightlineError } from '../errors.ts';
import type { Tensor } from '../tensor/tensor.ts';
import { defaultPluginTimeout } from './plugin-loader.ts';
import type { BackendRequest, EngineRequest, PluginRequest } from './api.ts';
import { absolute } from './spawn.ts';

/** An ONNX file: where it is, or its bytes. Bytes are copied, and may be changed or moved away afterwards. */
export type ModelSource = string | URL | Blob | ArrayBuffer | Uint8Array;

/** A plugin as a page knows it: where its module is, and the name that it must have. Functions cannot go to a worker. */
export interface PluginReference {
  readonly name?: string;
  readonly url: string | URL;
}
/** A plugin package's default export: its build carries the self-contained module along, as text. */
export interface BuiltPlugin {
  readonly kind: 'method' | 'metric';
  readonly name: string;
  readonly source?: string;
}
export type PluginSource = string | URL | PluginReference | BuiltPlugin;

/**
 * The model's bytes as a Blob: it costs nothing to post, does not lie in the page's heap, and stays as it is, so a fresh worker
 * can be given it again. Throws `bad-model` where a URL or file cannot be read; AbortError.
 */
export async function modelBlob(source: ModelSource, signal: AbortSignal): Promise<Blob> {
  // A File is only a name for bytes on a disk that can change: they are read now.
  if (source instanceof Blob) return new Blob([await readable(() => source.arrayBuffer(), 'the file', signal)]);
  if (source instanceof ArrayBuffer) return new Blob([source]);
  if (ArrayBuffer.isView(source)) return new Blob([source as Uint8Array<ArrayBuffer>]);
  if (typeof source !== 'string' && !(source instanceof URL)) {
    throw new SightlineError('bad-model', 'a model is a URL, a File or Blob, an ArrayBuffer or a Uint8Array');
  }
  const url = resolved(source, 'bad-model');
  return readable(() => download(url, signal), url, signal);
}

async function download(url: string, signal: AbortSignal): Promise<Blob> {
  const response = await fetch(url, { signal });
  if (!response.ok) {
    const answer = `the server answers ${response.status} ${response.statusText}`.trimEnd();
    throw new SightlineError('bad-model', `the model ${url} cannot be read: ${answer}`, {
      url,
      status: response.status,
    });
  }
  return response.blob();
}

async function readable<T>(read: () => Promise<T>, what: string, signal: AbortSignal): Promise<T> {
  try {
    return await read();
  } catch (cause) {
    signal.throwIfAborted();
    if (cause instanceof SightlineError) throw cause;
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new SightlineError('bad-model', `the model ${what} cannot be read: ${why}`, { source: what }, { cause });
  }
}

/** What a page can hand over to be explained. */
export type PageInput = Input | PagePicture;

/** What the worker is asked for. Throws `bad-plugin` for what is no URL, a plugin object above all. */
export function pluginRequest(source: PluginSource, timeout = defaultPluginTimeout): PluginRequest {
  if (typeof source === 'string' || source instanceof URL) return { url: resolved(source, 'bad-plugin'), timeout };
  if (typeof source === 'object' && source !== null && 'source' in source && typeof source.source === 'string') {
    return { url: moduleUrl(source.source), timeout, name: source.name };
  }
  if (typeof source !== 'object' || source === null || !('url' in source)) {
    const ways =
      'take it from its built package, give its URL, or `worker`, a worker of your own that calls serve([plugin])';
    throw new SightlineError('bad-plugin', `a plugin's functions cannot be sent to a worker: ${ways}`);
  }
  const { url, name } = source;
  return { url: resolved(url, 'bad-plugin'), timeout, ...(name === undefined ? {} : { name }) };
}

/** What the worker is asked to open: a module that it serves, or the one that the choice carries along. */
export const backendRequest = ({ name, options, source }: BackendChoice): BackendRequest => ({
  name,
  options: snapshot(options, `the options of backend '${name}'`),
  ...(source !== undefined && { url: moduleUrl(source) }),
});

/** A module's text under a URL, the same one each time: a worker that has it imports nothing. Kept as long as the page. */
function moduleUrl(source: string): string {
  const known = moduleUrls.get(source);
  if (known !== undefined) return known;
  const url = URL.createObjectURL(new Blob([source], { type: 'text/javascript' }));
  moduleUrls.set(source, url);
  return url;
}
const moduleUrls = new Map<string, string>();

/** The runtime's URLs as the page means them: a worker would resolve them against its own file. */
export function withAbsoluteUrls(options: EngineRequest): EngineRequest {
  if (!options.runtime) return options;
  const { url, acceleratedUrl, wasmPaths, ...rest } = options.runtime;
  const urls = {
    ...(url === undefined ? {} : { url: absolute(url).href }),
    ...(acceleratedUrl === undefined ? {} : { acceleratedUrl: absolute(acceleratedUrl).href }),
    ...(wasmPaths === undefined ? {} : { wasmPaths: absolute(wasmPaths).href }),
  };
  return { ...options, runtime: { ...rest, ...urls } };
}

function resolved(url: string | URL, code: 'bad-model' | 'bad-plugin'): string {
  try {
    return absolute(url).href;
  } catch (cause) {
    throw new SightlineError(code, `'${String(url)}' is no URL`, { url: String(url) }, { cause });
  }
}

/**
 * A copy of a job's data as it is now: the caller may change it while the job waits. Throws `bad-input` where a part of it
 * cannot be posted.
 */
export function snapshot<T>(value: T, what: string): T {
  try {
    return structuredClone(value);
  } catch (cause) {
    throw new SightlineError('bad-input', `${what} must be plain data: ${(cause as Error).message}`, {}, { cause });
  }
}

function inputOf(source: PageInput): Input {
  const { dims, data } = (source ?? {}) as Partial<Tensor>;
  return dims && ArrayBuffer.isView(data) ? (source as Tensor) : pictureOf(source as PagePicture);
}

/** The same of an input: what is sent is plain. With `move` its buffer leaves the caller. */
export function snapshotInput(source: PageInput, move = false): Input {
  const input = inputOf(source);
  const { data } = input;
  // What was drawn to be read is nobody else's.
  const own = input !== source;
  const copy = own ? data : move ? structuredClone(data, { transfer: [data.buffer as ArrayBuffer] }) : data.slice();
  if ('dims' in input) return { type: input.type, dims: [...input.dims], data: copy as Float32Array };
  return { width: input.width, height: input.height, data: copy as Uint8ClampedArray };
}

/** The input's buffer, to be moved to the worker: it is the snapshot's own. */
export const inputBuffers = (input: Input): ArrayBuffer[] => [input.data.buffer as ArrayBuffer];
