import { Engine, tensor, type Picture } from '@sightline/core';
import webnn from '../../packages/backend-webnn/src/index.ts';
import { liftByPlace } from './lift-by-place.ts';
import { measure, type Measured, type Plan } from './measure.ts';

/** The page's part of a run: the engine and everything that is measured. Pictures, files and tables are Node's. */
export interface Opening {
  readonly model: string;
  readonly backend: 'cpu' | 'webnn';
  readonly methods: readonly string[];
  readonly metrics: readonly string[];
}
export interface Ask {
  readonly picture: Omit<Picture, 'data'> & { readonly data: readonly number[] };
  readonly index: number;
  /** 1 on the object, [H, W] of the network's input. */
  readonly truth: { readonly dims: readonly number[]; readonly data: readonly number[] } | undefined;
  readonly plan: Plan;
}

let engine: Engine;

async function openEngine({ model, backend, methods, metrics }: Opening): Promise<void> {
  engine = new Engine({
    runtime: { url: '/ort/ort.wasm.min.mjs', wasmPaths: '/ort/', numThreads: 2 },
    ...(backend === 'webnn' && { backends: [webnn()] }),
  });
  for (const name of methods) engine.register(await plugin(import(`../../packages/methods/${name}/src/index.ts`)));
  for (const name of metrics) engine.register(await plugin(import(`../../packages/metrics/${name}/src/index.ts`)));
  engine.register(liftByPlace);
  await engine.load(new Uint8Array(await (await fetch(model)).arrayBuffer()));
}
const plugin = async (module: Promise<unknown>): Promise<unknown> => ((await module) as { default: unknown }).default;

const measurePicture = ({ picture, index, truth, plan }: Ask): Promise<Measured> =>
  measure(
    engine,
    { ...picture, data: Uint8ClampedArray.from(picture.data) },
    index,
    truth && tensor(truth.dims, Float32Array.from(truth.data)),
    plan,
  );

Object.assign(globalThis, { openEngine, measurePicture, ready: true });
