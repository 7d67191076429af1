import { classTarget, Engine, size, tensor, type Tensor } from '@sightline/core';
import webnn from '../../packages/backend-webnn/src/index.ts';
import { bindModel } from '../../packages/core/src/model/bind.ts';
import { Job } from '../../packages/core/src/model/job.ts';
import gradCam from '../../packages/methods/grad-cam/src/index.ts';
import rise from '../../packages/methods/rise/src/index.ts';
import { interleaved } from './timing.ts';

/** The page's part of webnn.ts: both engines in one page, on the same picture, in turns. */
export interface Ask {
  readonly model: string;
  readonly rounds: number;
  readonly masks: number;
  readonly riseRounds: number;
  readonly threads: number;
}
/** Milliseconds by task and backend, round by round. */
export interface Answer {
  readonly times: Readonly<Record<string, Readonly<Record<'webnn' | 'cpu', readonly number[]>>>>;
  /** Where what ran on the WebNN engine really ran. */
  readonly backends: readonly string[];
  readonly refusals: Readonly<Record<string, string>>;
  /** Largest difference between the two maps, as a share of the largest number, by task. */
  readonly apart: Readonly<Record<string, number>>;
}

const runtimeOf = (numThreads: number) => ({ url: '/ort/ort.wasm.min.mjs', wasmPaths: '/ort/', numThreads });

async function bench({ model, rounds, masks, riseRounds, threads }: Ask): Promise<Answer> {
  const file = new Uint8Array(await (await fetch(model)).arrayBuffer());
  const made = async (engine: Engine): Promise<Engine> => {
    for (const method of [gradCam, rise]) engine.register(method);
    await engine.load(file);
    return engine;
  };
  // The first to be opened decides which build of the runtime both run on.
  const fast = await made(new Engine({ backends: [webnn()], runtime: runtimeOf(threads) }));
  const slow = await made(new Engine({ runtime: runtimeOf(threads) }));
  const [channels, height, width] = fast.network.info.input;
  // Waves, not noise: where a unit is 0 but for rounding, one backend's ReLU is on and the other's off, and noise is full of such.
  const dims = [1, channels, height, width];
  const wave = (i: number): number => 2 * Math.sin((i % width) / 17) * Math.cos(Math.floor(i / width) / 13);
  const picture = tensor(
    dims,
    Float32Array.from({ length: size(dims) }, (_, i) => wave(i)),
  );
  const target = classTarget(1);
  const tasks: Readonly<Record<string, { readonly rounds: number; run(engine: Engine): Promise<Tensor> }>> = {
    forward: {
      rounds,
      run: async ({ network }) => {
        const scores = await bindModel(new Job(network, async () => undefined)).score(picture, target);
        return tensor([scores.length], scores);
      },
    },
    'grad-cam': {
      rounds,
      run: async (engine) => (await engine.explain(picture, { method: 'grad-cam', target: 1 })).map,
    },
    'forward and input gradient': {
      rounds,
      run: async ({ network }) =>
        (await bindModel(new Job(network, async () => undefined)).gradient(picture, target)).gradient,
    },
    [`rise, ${masks} masks`]: {
      rounds: riseRounds,
      run: async (engine) => (await engine.explain(picture, { method: 'rise', target: 1, options: { masks } })).map,
    },
  };
  const times: Record<string, Record<'webnn' | 'cpu', readonly number[]>> = {};
  const apart: Record<string, number> = {};
  for (const [name, task] of Object.entries(tasks)) {
    if (task.rounds === 0) continue;
    apart[name] = difference(await task.run(fast), await task.run(slow));
    // The first runs of a session are slower: threads and memory warm up.
    const warmup = task.rounds > 3 ? 3 : 0;
    times[name] = await interleaved(
      { webnn: () => task.run(fast), cpu: () => task.run(slow) },
      { warmup, rounds: task.rounds },
    );
  }
  const { backend, refusals } = await fast.explain(picture, { method: 'grad-cam', target: 1 });
  await Promise.all([fast.dispose(), slow.dispose()]);
  return { times, apart, backends: [backend], refusals };
}

function difference({ data: a }: Tensor, { data: b }: Tensor): number {
  const largest = b.reduce((m, v) => Math.max(m, Math.abs(v)), 0);
  return a.reduce((m, v, i) => Math.max(m, Math.abs(v - b[i]!)), 0) / largest;
}

Object.assign(globalThis, { bench, ready: true });
