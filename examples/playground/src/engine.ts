import { createExplainer, type Explainer } from '@sightline/core';

/** The engine in the app's own worker (worker.ts), with the runtime's files from beside the page. */
export const start = (): Promise<Explainer> =>
  createExplainer({
    worker: () => new Worker(new URL('./worker.js', import.meta.url), { type: 'module' }),
    engine: { runtime: { url: new URL('./ort/ort.wasm.min.mjs', import.meta.url).href } },
  });
