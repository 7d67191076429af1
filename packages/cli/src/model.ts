import { dirname, join, normalize } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Engine, type LoadOptions, type ModelSummary, type Preprocessing } from '@sightline/core';
import { readOnnx, type OnnxFile } from '@sightline/core/graph';
import type { Plugin } from '@sightline/core/plugin';
import type { Arguments, Flag } from './arguments.ts';
import { UsageError } from './errors.ts';
import { read } from './files.ts';
import { checkOrder, originOf, preprocessingFlags, preprocessingFrom } from './preprocessing.ts';
import { parseLabels, readSidecar, type Sidecar } from './sidecar.ts';

export const modelFlags: readonly Flag[] = [
  ...preprocessingFlags,
  { name: 'labels', value: 'FILE', help: 'names of the classes: a line each, or JSON' },
];
/** The word for the small model that comes with Sightline. */
export const embedded = 'scenes';

/** A model's file and what is known of it, before it is loaded. */
export interface ModelFile {
  readonly name: string;
  readonly bytes: Uint8Array;
  /** Its graph as the file has it, and the weights kept in other files, by the model's name for them. */
  readonly graph: OnnxFile;
  readonly externalData: Readonly<Record<string, Uint8Array>>;
  readonly preprocessing: Partial<Preprocessing>;
  /** Where that comes from, and the rest of it: in words. */
  readonly preprocessingFrom: string;
  readonly labels: readonly string[] | undefined;
}

export async function readModel(name: string, args: Arguments): Promise<ModelFile> {
  const labelsFile = args.get('labels');
  const named = labelsFile === undefined ? undefined : parseLabels(await read(labelsFile, 'the labels'), labelsFile);
  const scenes = name === embedded ? await import('@sightline/scenes') : undefined;
  const path = scenes ? fileURLToPath(scenes.modelUrl) : name;
  const bytes = await read(path, 'the model');
  if (bytes.length === 0) throw new UsageError(`the model ${name} is empty: an .onnx file is wanted`);
  const { graph, externalData } = await withWeights(bytes, name).catch(naming(name));
  const picture = graph.inputs.find(({ dims }) => dims.length === 4)?.dims ?? [];
  const channels = typeof picture[1] === 'number' ? picture[1] : 3;
  const beside: Sidecar = scenes
    ? { place: `the model ${embedded}`, preprocessing: scenes.preprocessing, labels: scenes.classNames }
    : await readSidecar(name, channels);
  const given = preprocessingFrom(args, channels);
  const preprocessing = { ...beside.preprocessing, ...given };
  if (preprocessing.size) checkSize(name, preprocessing.size, picture.slice(2));
  if (preprocessing.channelOrder) checkOrder(preprocessing.channelOrder, channels);
  const origin = originOf(given, beside, channels);
  return { name, bytes, graph, externalData, preprocessing, preprocessingFrom: origin, labels: named ?? beside.labels };
}

/** Weights in files of their own are known by name only once the model is read: each one it asks for is handed over. */
async function withWeights(bytes: Uint8Array, name: string): Promise<Pick<ModelFile, 'graph' | 'externalData'>> {
  const externalData: Record<string, Uint8Array> = {};
  for (;;) {
    try {
      return { graph: readOnnx(bytes, externalData), externalData };
    } catch (error) {
      const location = (error as { details?: { location?: unknown } }).details?.location;
      if (typeof location !== 'string' || location === '' || location in externalData) throw error;
      const path = normalize(location);
      // ONNX keeps such files in the model's own folder; a path that leaves it is not followed.
      if (path.startsWith('..') || path.startsWith('/'))
        throw new UsageError(`${name} asks for weights outside its folder: ${location}`);
      externalData[location] = await read(join(dirname(name), path), "the model's weights");
    }
  }
}

/** Core's errors know no file names. */
const naming =
  (name: string) =>
  (error: unknown): never => {
    if (error instanceof Error && error.name === 'SightlineError') error.message = `${name}: ${error.message}`;
    throw error;
  };

/** Free dimensions take any size. */
function checkSize(name: string, size: readonly number[], actual: readonly (number | string)[]): void {
  if (actual.every((side, i) => typeof side === 'string' || side === size[i])) return;
  throw new UsageError(`${name} takes pictures of ${actual.join(' × ')}, and the size given is ${size.join(' × ')}`);
}

/** What a command works with: an engine that holds the model and the plugin. */
export interface Session {
  readonly engine: Engine;
  readonly summary: ModelSummary;
  readonly milliseconds: number;
}

export async function open(model: ModelFile, plugin: Plugin | undefined, signal: AbortSignal): Promise<Session> {
  const started = performance.now();
  const engine = new Engine();
  if (plugin) engine.register(plugin);
  const { name, bytes, externalData, preprocessing, labels } = model;
  const options: LoadOptions = { externalData, preprocessing, ...(labels && { labels }) };
  const summary = await engine.load(bytes, options).catch(naming(name));
  signal.throwIfAborted();
  return { engine, summary, milliseconds: performance.now() - started };
}
