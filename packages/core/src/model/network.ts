import type { Backend } from '../backend/backend.ts';
import { SightlineError } from '../errors.ts';
import { instantiate, type NamedGraph } from '../graph/instantiate.ts';
import type { OnnxFile } from '../graph/onnx/read.ts';
import type { Value } from '../graph/value.ts';
import { outputsOf, topological } from '../graph/walk.ts';
import { size, type Tensor } from '../tensor/tensor.ts';
import { classifierOf, defaultLayer, endsInSoftmax, layersOf, type Classifier } from './classifier.ts';
import type { ModelInfo } from './model.ts';
import { ProgramCache } from './program-cache.ts';
import type { Target } from './target.ts';

export type Fetched = Readonly<Record<string, Tensor>>;
/** Called between two runs of the network: the moment for progress and abort. */
export type Pause = () => Promise<void>;

/** A loaded network on a backend: its facts, and its programs by what they compute. */
export class Network {
  readonly info: ModelInfo;
  readonly graph: NamedGraph;
  readonly backend: Backend;
  readonly softmax: boolean;
  readonly programs: ProgramCache;
  readonly #file: OnnxFile;
  readonly #size: { readonly height: number; readonly width: number };
  readonly #batch: number;

  /** `size` binds free picture dimensions. Throws `unsupported` and `bad-input` where the file is no classifier of pictures. */
  constructor(file: OnnxFile, backend: Backend, size: { height?: number; width?: number } = {}) {
    this.#file = file;
    this.backend = backend;
    this.graph = instantiate(file, { batch: 1, ...size });
    this.programs = new ProgramCache(backend);
    this.softmax = endsInSoftmax(this.graph);
    const { picture, logits } = classifierOf(file, { batch: 1, ...size });
    const [, channels, height, width] = picture.dims as [number, number, number, number];
    this.#size = { height, width };
    this.info = { input: [channels, height, width], classes: logits.dims[1]!, layers: layersOf(this.graph) };
    const { bytes, items } = backend.limits.batch;
    const fitting = Math.min(items, Math.floor(bytes / activationBytes(this.graph)));
    this.#batch = this.#batchable() ? Math.max(1, fitting) : 1;
    const refusal = topological(outputsOf(this.graph)).flatMap(({ node }) =>
      node ? (backend.refuses(node) ?? []) : [],
    )[0];
    if (refusal) throw new SightlineError('unsupported', refusal);
  }

  /** 'auto' is the last spatial layer before the classifier. */
  layer(name: string): string {
    return name === 'auto' ? defaultLayer(this.graph) : name;
  }

  classifier(batch = 1, layer?: string): Classifier {
    return classifierOf(this.#file, { batch, ...this.#size }, layer);
  }

  readonly #logits = new WeakMap<Tensor, Tensor>();
  /** The scores of a picture that some program has run already. */
  logitsOf(input: Tensor): Tensor | undefined {
    return this.#logits.get(input);
  }
  keepLogits(input: Tensor, logits: Tensor): Tensor {
    this.#logits.set(input, logits);
    return logits;
  }

  /** How many of `count` items a run takes: all of a small job at once, else a full batch. */
  batchFor(count: number): number {
    return Math.min(this.#batch, 2 ** Math.ceil(Math.log2(count)));
  }

  /** Splits `count` items into runs of one size; the last is padded, not recompiled. `run` gets first and one-past-last item. */
  async inBatches(
    count: number,
    pause: Pause,
    run: (batch: number, from: number, to: number) => Promise<void>,
  ): Promise<void> {
    const batch = this.batchFor(count);
    for (let from = 0; from < count; from += batch) {
      await pause();
      await run(batch, from, Math.min(from + batch, count));
    }
  }

  /** Files fixed to one batch size are opened to others where their reshapes allow it. */
  #batchable(): boolean {
    try {
      const { logits } = classifierOf(this.#file, { batch: 2, ...this.#size });
      return logits.dims[0] === 2 && logits.dims[1] === this.info.classes;
    } catch {
      return false;
    }
  }
}

/** Bytes of what one picture's run makes, as if nothing shared memory. */
function activationBytes(graph: NamedGraph): number {
  const made = (value: Value): number => (value.node ? 4 * size(value.dims ?? []) : 0);
  return topological(outputsOf(graph)).reduce((sum, value) => sum + made(value), 0);
}

/** The items `from` to `to`, padded to `batch` by repeating the last. */
export function padded(t: Tensor, batch: number, from: number, to: number): Tensor {
  const step = size(t.dims.slice(1));
  const dims = [batch, ...t.dims.slice(1)];
  if (to - from === batch) return { type: 'float32', dims, data: t.data.subarray(from * step, to * step) };
  const data = new Float32Array(batch * step);
  for (let i = 0; i < batch; i++) {
    const item = Math.min(from + i, to - 1);
    data.set(t.data.subarray(item * step, (item + 1) * step), i * step);
  }
  return { type: 'float32', dims, data };
}

/** The target's value for each row of logits [N, K]. Softmax in double precision. */
export function readTarget(logits: Tensor, target: Target, weights: Float32Array, count: number): Float32Array {
  const classes = weights.length;
  return Float32Array.from({ length: count }, (_, i) => {
    const row = logits.data.subarray(i * classes, (i + 1) * classes);
    const values: ArrayLike<number> = target.of === 'logit' ? row : softmaxOf(row);
    return target.weights.reduce((sum, [index, weight]) => sum + weight * values[index]!, 0);
  });
}

export function softmaxOf(row: ArrayLike<number>): Float64Array {
  let largest = -Infinity;
  for (let i = 0; i < row.length; i++) largest = Math.max(largest, row[i]!);
  const exponentials = Float64Array.from(row, (v) => Math.exp(v - largest));
  const total = exponentials.reduce((sum, v) => sum + v, 0);
  return exponentials.map((v) => v / total);
}
