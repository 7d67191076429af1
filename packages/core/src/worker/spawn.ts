import type { Endpoint } from 'comlink';
import { SightlineError } from '../errors.ts';
import { fromText } from './from-text.ts';

/** A Worker, as far as it is used here. */
export interface WorkerLike extends Endpoint {
  terminate(): void;
}
/** Makes a new worker each time it is called: after one has died or got stuck there must be another. */
export type WorkerFactory = () => WorkerLike | Promise<WorkerLike>;

/** The factory for what `createExplainer` was given; the worker that ships with core if that is nothing. */
export function workerFactory(worker: WorkerFactory | undefined, workerUrl: string | URL | undefined): WorkerFactory {
  if (worker) return worker;
  if (typeof Worker === 'undefined') {
    throw new SightlineError(
      'runtime',
      'there are no workers here: use the Engine itself, or hand over a `worker` factory',
    );
  }
  if (workerUrl === undefined) return shipped;
  const url = absolute(workerUrl);
  return () => fromUrl(url);
}

/** Bundlers look for exactly this expression, and bring the file along. */
function shipped(): Worker {
  try {
    return new Worker(new URL('./engine-worker.js', import.meta.url), { type: 'module' });
  } catch (error) {
    // Core itself comes from another origin, a CDN: no browser makes a worker of such a URL.
    if (!(error instanceof DOMException)) throw error;
    // Not in the form that bundlers look for: they would bring the file a second time.
    const here: string = import.meta.url;
    return throughBlob(new URL(here.replace(/[^/]*$/, 'engine-worker.js')));
  }
}

const fromUrl = (url: URL): Worker => (isForeign(url) ? throughBlob(url) : new Worker(url, { type: 'module' }));

const isForeign = (url: URL): boolean => /^https?:$/.test(url.protocol) && url.origin !== globalThis.location.origin;

/** A worker of this origin that imports the other one's file, which needs CORS headers. */
const throughBlob = (url: URL): Worker => fromText(`import ${JSON.stringify(url.href)};`);

/** Relative URLs are the page's: a worker would resolve them against its own file. */
export function absolute(url: string | URL): URL {
  const base = globalThis.document?.baseURI ?? globalThis.location?.href;
  return base === undefined ? new URL(url) : new URL(url, base);
}
