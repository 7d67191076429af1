import type {
  AttributionData,
  EvaluateRequest,
  Evaluation,
  ExplainRequest,
  Hooks,
  Input,
  ModelSummary,
  PluginInfo,
  Prediction,
} from '../../packages/core/src/engine/types.ts';
import { SightlineError } from '../../packages/core/src/errors.ts';
import type { Method, Plugin } from '../../packages/core/src/plugin/types.ts';
import type { ModelInfo } from '../../packages/core/src/model/model.ts';
import { tensor } from '../../packages/core/src/tensor/tensor.ts';
import type { DrivenEngine } from '../../packages/core/src/worker/api.ts';

export const wait = (milliseconds: number): Promise<void> =>
  new Promise((resolve) => setTimeout(resolve, milliseconds));

/**
 * An engine without a runtime. A model is its bytes; a class's "probability" is the model's first byte. Methods that are
 * registered run; the others are words for what the engine should do.
 */
export class FakeEngine implements DrivenEngine {
  readonly #plugins = new Map<string, Plugin>();
  #model: Uint8Array | undefined;

  register(plugin: unknown, where = 'the plugin'): PluginInfo {
    const valid = plugin as Plugin;
    if (this.#plugins.has(valid.name)) {
      throw new SightlineError('bad-plugin', `${where}: there is already a method named '${valid.name}'`, {
        name: valid.name,
      });
    }
    this.#plugins.set(valid.name, valid);
    return info(valid);
  }
  async plugins(): Promise<readonly PluginInfo[]> {
    return [...this.#plugins.values()].map(info);
  }
  async load(model: Uint8Array): Promise<ModelSummary> {
    if (model.length === 0) throw new SightlineError('bad-model', 'the file is empty');
    // A model whose second byte is 1 takes its time.
    if (model[1] === 1) await wait(300);
    if (model[1] === 2) await new Promise(() => {});
    this.#model = model;
    return { digest: String(model[0]) } as ModelSummary;
  }
  async classify(input: Input, top = 1): Promise<readonly Prediction[]> {
    const probability = this.#current()[0]!;
    return Array.from({ length: top }, (_, index) => ({ index, label: undefined, logit: input.data[0]!, probability }));
  }
  async explain(input: Input, { method, options = {} }: ExplainRequest, hooks: Hooks = {}): Promise<AttributionData> {
    this.#current();
    const plugin = this.#plugins.get(method);
    if (plugin?.kind === 'method') return attribution(plugin.name, (await run(plugin, input, hooks)).map.data);
    const act = acts[method];
    if (!act)
      throw new SightlineError('unknown-plugin', `there is no method '${method}'`, {
        name: method,
        known: Object.keys(acts),
      });
    return attribution(method, await act(input, hooks, options));
  }
  async evaluate(request: EvaluateRequest, { signal, onProgress }: Hooks = {}): Promise<Evaluation> {
    onProgress?.({ fraction: 1, what: 'done' });
    signal?.throwIfAborted();
    return { metric: request.metric, value: request.map.data[0]! } as Evaluation;
  }
  async dispose(): Promise<void> {
    this.#model = undefined;
  }
  #current(): Uint8Array {
    if (!this.#model) throw new SightlineError('bad-model', 'no model is loaded: call load() first');
    return this.#model;
  }
}

const run = (method: Method, input: Input, { signal, onProgress }: Hooks): ReturnType<Method['explain']> =>
  method.explain(
    { info: { input: [3, 2, 2], classes: 2, layers: [] } as ModelInfo } as never,
    input as never,
    { weights: [[0, 1]], of: 'logit' },
    {},
    { signal: signal!, progress: (fraction: number, what = '') => onProgress?.({ fraction, what }) } as never,
  );

type Act = (input: Input, hooks: Hooks, options: Readonly<Record<string, unknown>>) => Promise<Float32Array>;
const acts: Readonly<Record<string, Act>> = {
  /** Gives the input's numbers back. */
  echo: async (input) => Float32Array.from(input.data),
  /** 100 batches, a pause after each. */
  batches: async (_, { signal, onProgress }) => {
    for (let i = 1; i <= 100; i++) {
      await wait(2);
      signal?.throwIfAborted();
      onProgress?.({ fraction: i / 100, what: `batch ${i}` });
    }
    return Float32Array.of(1, 1, 1, 1);
  },
  /** Lets messages in, and hears none of them. */
  deaf: () => new Promise(() => {}),
  /** Never lets a message in: only for real workers. */
  loop: async () => {
    for (;;);
  },
  fails: async () => {
    const cause = new TypeError('the deepest', { cause: 'a word' });
    throw new SightlineError('runtime', 'it failed', { node: 'conv1', sizes: [1, 2] }, { cause });
  },
  breaks: async () => {
    throw new RangeError('out of it');
  },
  /** Hands out a view of its own memory, and the same one again the next time. */
  cached: async () => cache.subarray(4, 8),
  /** How many bytes came with the view that it was given. */
  bufferOf: async (input) => Float32Array.of(input.data.buffer.byteLength, 0, 0, 0),
};
const cache = Float32Array.from({ length: 1000 }, (_, i) => i);

export function attribution(method: string, map: Float32Array): AttributionData {
  return {
    method,
    title: method,
    display: 'positive',
    options: {},
    target: { weights: [[0, 1]], of: 'logit' },
    class: { index: 0, label: undefined },
    logit: 1,
    probability: 0.5,
    map: { type: 'float32', dims: [map.length], data: map },
    saliency: tensor([2, 2], [1, 2, 3, 4]),
    heat: tensor([2, 2], [0, 0.25, 0.5, 1]),
    input: tensor([1, 1, 2, 2]),
    crop: { x: 0, y: 0, width: 2, height: 2 },
    model: '',
    backend: 'fake',
    refusals: {},
    versions: {},
    milliseconds: 0,
  };
}

const info = (plugin: Plugin): PluginInfo => {
  const { kind, name, title, paper, needs, options } = plugin;
  return { kind, name, title, paper, needs, options, claims: plugin.kind === 'method' ? plugin.claims : [] };
};
