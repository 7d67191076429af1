import { createExplainer, type BackendChoice, type Explainer } from '@sightline/core';

/** The engine in the app's own worker (worker.ts), with the runtime's files from beside the page. The CPU takes what the backend does not. */
export const start = (backend?: BackendChoice): Promise<Explainer> =>
  createExplainer({
    worker: () => new Worker(new URL('./worker.js', import.meta.url), { type: 'module' }),
    backends: backend ? [backend] : [],
    engine: { runtime: { url: new URL('./ort/ort.wasm.min.mjs', import.meta.url).href } },
  });
