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
  /** Whether it takes more than one picture at a time. */
  readonly #batchable: boolean;

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
    this.#batchable = this.#takesMore();
    this.#batch = this.#batchable ? Math.max(1, fitting) : 1;
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

  /**
   * The same weights on pictures of another size, whatever size the file declares. Throws `unsupported` with the node that is
   * made for its own size alone.
   */
  classifierAt([height, width]: readonly [height: number, width: number], layer: string): Classifier {
    const resized = ({ dims, ...input }: OnnxFile['inputs'][number]) => ({
      ...input,
      dims: dims.length === 4 ? [...dims.slice(0, 2), height, width] : dims,
    });
    const refuse = (reason: string, cause?: unknown): SightlineError =>
      new SightlineError(
        'unsupported',
        `this network takes no pictures of ${height} × ${width}, only of its own size: ${reason}`,
        { height, width },
        { cause },
      );
    const build = (): Classifier => {
      try {
        return classifierOf({ ...this.#file, inputs: this.#file.inputs.map(resized) }, { batch: 1 }, layer);
      } catch (error) {
        if (error instanceof SightlineError && error.code === 'bad-layer') throw error;
        throw refuse(error instanceof Error ? error.message : String(error), error);
      }
    };
    const classifier = build();
    const { dims } = classifier.logits;
    if (dims[1] !== this.info.classes) throw refuse(`its output would be [${dims.join(', ')}]`);
    return classifier;
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
  batchFor(count: number, most = this.#batch): number {
    return Math.min(most, 2 ** Math.ceil(Math.log2(count)));
  }

  /** How many runs of a part of the network go together, where each makes `bytes`: more than of the whole, which makes more. */
  batchOf(bytes: number): number {
    const fitting = Math.floor(this.backend.limits.batch.bytes / Math.max(1, bytes));
    return this.#batchable ? Math.max(1, Math.min(mostParts, fitting)) : 1;
  }

  /** Splits `count` items into runs of one size; the last is padded, not recompiled. `run` gets first and one-past-last item; `most` go together. */
  async inBatches(
    count: number,
    pause: Pause,
    run: (batch: number, from: number, to: number) => Promise<void>,
    most = this.#batch,
  ): Promise<void> {
    const batch = this.batchFor(count, most);
    for (let from = 0; from < count; from += batch) {
      await pause();
      await run(batch, from, Math.min(from + batch, count));
    }
  }

  /** Files fixed to one batch size are opened to others where their reshapes allow it. */
  #takesMore(): boolean {
    try {
      const { logits } = classifierOf(this.#file, { batch: 2, ...this.#size });
      return logits.dims[0] === 2 && logits.dims[1] === this.info.classes;
    } catch {
      return false;
    }
  }
}

/** Above this many a run gains nothing, and nobody could stop it meanwhile. */
const mostParts = 512;

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
