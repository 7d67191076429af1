import { SightlineError } from '../../errors.ts';

export type Ort = typeof import('onnxruntime-web/wasm');

/** How onnxruntime-web is found and set up. Plain data, so that it can be sent to a worker. */
export interface RuntimeOptions {
  /** URL of onnxruntime-web's module (ort.wasm.min.mjs), where no bundler resolves the bare name. */
  readonly url?: string;
  /** The same of a build with WebGPU and WebNN (ort.jspi.min.mjs, ort.webgpu.min.mjs): taken from beside `url` unless given. */
  readonly acceleratedUrl?: string;
  /** Folder of its .wasm and .mjs files, ending in '/'. */
  readonly wasmPaths?: string;
  /** Threads, where the page is cross-origin isolated; by default half the cores, at most 4. One in Node. */
  readonly numThreads?: number;
}

const inNode = typeof process !== 'undefined' && process.versions?.node !== undefined;
/** `plain` runs on WebAssembly alone; `accelerated` has WebGPU and WebNN too, and is twice the download. */
export type RuntimeBuild = 'plain' | 'accelerated';
const loading: Partial<Record<RuntimeBuild, Promise<Ort>>> = {};

/**
 * This thread's onnxruntime-web. The accelerated build serves as the plain one too, so there are two only where the plain one
 * was asked for first. Throws `runtime` where it does not load.
 */
export function loadRuntime(options: RuntimeOptions = {}, build: RuntimeBuild = 'plain'): Promise<Ort> {
  const known = loading[build] ?? (build === 'plain' ? loading.accelerated : undefined);
  return (
    known ??
    (loading[build] = load(options, build).catch((cause: unknown) => {
      delete loading[build];
      const { url } = options;
      const where = url ? ` from ${url}` : '';
      const right = url
        ? ''
        : '; where no bundler finds it by its name, engine.runtime.url says where ort.wasm.min.mjs is';
      const { message } = cause as Error;
      throw new SightlineError('runtime', `onnxruntime-web did not load${where}: ${message}${right}`, {}, { cause });
    }))
  );
}

async function load(options: RuntimeOptions, build: RuntimeBuild): Promise<Ort> {
  const { wasmPaths, numThreads } = options;
  const ort = build === 'plain' ? await plain(options) : await accelerated(options);
  if (wasmPaths) ort.env.wasm.wasmPaths = wasmPaths;
  // Its worker threads are fetched by URL, which Node's fetch refuses for files.
  const threads = inNode ? 1 : numThreads;
  if (threads !== undefined) ort.env.wasm.numThreads = threads;
  ort.env.logLevel = 'error';
  return ort;
}

async function plain({ url }: RuntimeOptions): Promise<Ort> {
  return (url ? await byUrl(url) : await import('onnxruntime-web/wasm')) as Ort;
}

/** JSPI is ten megabytes smaller than Asyncify, and rejects where that one never settles. */
async function accelerated({ url, acceleratedUrl }: RuntimeOptions): Promise<Ort> {
  const jspi = 'Suspending' in WebAssembly;
  const beside = url?.replace(/ort\.wasm\b/, jspi ? 'ort.jspi' : 'ort.webgpu');
  const from = acceleratedUrl ?? beside;
  if (from) return (await byUrl(from)) as Ort;
  return await (jspi ? import('onnxruntime-web/jspi') : import('onnxruntime-web/webgpu'));
}

const byUrl = (url: string): Promise<unknown> => import(/* @vite-ignore */ /* webpackIgnore: true */ url);
