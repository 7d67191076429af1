import { SightlineError } from '../../errors.ts';

export type Ort = typeof import('onnxruntime-web/wasm');

/** How onnxruntime-web is found and set up. Plain data, so that it can be sent to a worker. */
export interface RuntimeOptions {
  /** URL of onnxruntime-web's module (ort.wasm.min.mjs), where no bundler resolves the bare name. */
  readonly url?: string;
  /** Folder of its .wasm and .mjs files, ending in '/'. */
  readonly wasmPaths?: string;
  /** Threads, where the page is cross-origin isolated; by default half the cores, at most 4. One in Node. */
  readonly numThreads?: number;
}

const inNode = typeof process !== 'undefined' && process.versions?.node !== undefined;
let loading: Promise<Ort> | undefined;

/** The one onnxruntime-web instance of this thread. Throws `runtime` where it does not load. */
export function loadRuntime(options: RuntimeOptions = {}): Promise<Ort> {
  return (loading ??= load(options).catch((cause: unknown) => {
    loading = undefined;
    throw new SightlineError(
      'runtime',
      `onnxruntime-web did not load${options.url ? ` from ${options.url}` : ''}: ${(cause as Error).message}`,
      {},
      { cause },
    );
  }));
}

async function load({ url, wasmPaths, numThreads }: RuntimeOptions): Promise<Ort> {
  const ort = (
    url ? await import(/* @vite-ignore */ /* webpackIgnore: true */ url) : await import('onnxruntime-web/wasm')
  ) as Ort;
  if (wasmPaths) ort.env.wasm.wasmPaths = wasmPaths;
  // Its worker threads are fetched by URL, which Node's fetch refuses for files.
  const threads = inNode ? 1 : numThreads;
  if (threads !== undefined) ort.env.wasm.numThreads = threads;
  ort.env.logLevel = 'error';
  return ort;
}
