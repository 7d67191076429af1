import { existsSync, readFileSync } from 'node:fs';
import { tensor, type Tensor } from '../../packages/core/src/tensor/tensor.ts';
import { readNpy, type NpyArray } from './npy.ts';

/** Numbers made by the papers' own code in PyTorch. They are too large for the repository and lie beside it, where there are any. */
export const shared = new URL('../../../shared/', import.meta.url);
export const skip: string | false = existsSync(new URL('golden/', shared))
  ? false
  : `no reference numbers at ${shared.pathname}golden`;

/** One array of results.json. */
export interface Entry {
  readonly name: string;
  readonly variant: string;
  readonly tolerance: string;
  /** Why it must not be tested, where it must not. */
  readonly unusable: string | undefined;
  readonly array: NpyArray;
}

interface StoredEntry {
  readonly file?: string;
  readonly variant: string;
  readonly tolerance: string;
  readonly usable?: boolean;
  readonly scale?: number;
  readonly note?: string;
}

/** One class of one picture in one network, with everything that was stored of it. */
export class GoldenCase {
  readonly name: string;
  readonly folder: URL;
  readonly index: number;
  readonly #entries: Readonly<Record<string, StoredEntry>>;

  constructor(name: string, folder: URL, index: number) {
    this.name = name;
    this.folder = folder;
    this.index = index;
    this.#entries = json(new URL('results.json', folder));
  }

  /** The layers that have an array of this name, such as `gradcam_raw`. */
  layers(array: string): readonly string[] {
    return Object.keys(this.#entries)
      .filter((key) => key.endsWith(`/${array}`))
      .map((key) => key.slice(0, -array.length - 1));
  }

  stores(name: string): boolean {
    return typeof this.#entries[name]?.file === 'string';
  }

  entry(name: string): Entry {
    const stored = this.#entries[name];
    if (!stored?.file) throw new Error(`${this.name}: results.json has no file for '${name}'`);
    const { scale = 1, file, variant, tolerance } = stored;
    const { type, dims, data } = readNpy(new URL(file, this.folder));
    const array = { type, dims, data: scale === 1 ? data : data.map((v: number) => v * scale) };
    return { name, variant, tolerance, unusable: stored.usable === false ? tolerance : undefined, array };
  }

  /** An array as a tensor to hand to a plugin. */
  tensor(name: string): Tensor {
    const { dims, data } = this.entry(name).array;
    return tensor(dims, Float32Array.from(data));
  }
}

/** One picture in one network: its classes, and the metrics of one stored map. */
export interface GoldenNet {
  readonly name: string;
  readonly model: URL;
  readonly input: Tensor;
  readonly classes: readonly GoldenCase[];
  readonly metrics: {
    readonly index: number;
    readonly map: Tensor;
    value(name: string): Stored;
    curve(name: string): NpyArray;
  };
}
interface Stored {
  readonly value: number;
  readonly tolerance: number;
}

export function goldenNet(name: string): GoldenNet {
  const folder = new URL(`golden/${name}/`, shared);
  const about = json<{
    model: string;
    class_index: number;
    classes: Record<string, { index: number; folder: string }>;
  }>(new URL('case.json', folder));
  const { metrics } = json<{ metrics: Record<string, Stored> }>(new URL('metrics/metrics.json', folder));
  const array = (file: string): NpyArray => readNpy(new URL(file, folder));
  const input = array('input.npy');
  const map = array('metrics/map.npy');
  return {
    name,
    model: new URL(`models/${about.model}`, shared),
    input: tensor(input.dims, Float32Array.from(input.data)),
    classes: Object.entries(about.classes).map(([label, { index, folder: inside }]) => {
      return new GoldenCase(`${name} ${label}`, new URL(`${inside}/`, folder), index);
    }),
    metrics: {
      index: about.class_index,
      map: tensor(map.dims, Float32Array.from(map.data)),
      value(key) {
        const stored = metrics[key];
        if (!stored) throw new Error(`${name}: metrics.json has no '${key}'`);
        return stored;
      },
      curve: (file) => array(`metrics/${file}.npy`),
    },
  };
}

const json = <T>(url: URL): T => JSON.parse(readFileSync(url, 'utf8')) as T;

export interface Comparison {
  /** The difference, in the tolerance's own measure. */
  readonly difference: number;
  readonly allowed: number;
  readonly measure: string;
}

/** How far apart two arrays are, by the measure that the tolerance names. Throws where it names one that is not known. */
export function compare(actual: ArrayLike<number>, expected: ArrayLike<number>, tolerance: string): Comparison {
  if (actual.length !== expected.length)
    throw new Error(`${actual.length} numbers, where ${expected.length} are stored`);
  const [, measure, limit, relative] = /^(rel L2|max abs) <= ([\d.e-]+)( \* max\|ref\|)?/.exec(tolerance) ?? [];
  if (measure === undefined) throw new Error(`a tolerance that is not understood: ${tolerance}`);
  let [largest, reference, squares, referenceSquares] = [0, 0, 0, 0];
  for (let i = 0; i < expected.length; i++) {
    const [a, e] = [actual[i]!, expected[i]!];
    largest = Math.max(largest, Number.isFinite(a) ? Math.abs(a - e) : Infinity);
    reference = Math.max(reference, Math.abs(e));
    squares += (a - e) ** 2;
    referenceSquares += e * e;
  }
  if (measure === 'rel L2')
    return { difference: Math.sqrt(squares / referenceSquares), allowed: Number(limit), measure };
  const scale = relative ? reference : 1;
  return { difference: largest / scale, allowed: Number(limit), measure: relative ? 'max abs / max|ref|' : measure };
}
