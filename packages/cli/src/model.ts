import { dirname, join, normalize } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Engine, type LoadOptions, type ModelSummary, type Preprocessing } from '@sightline/core';
import type { Plugin } from '@sightline/core/plugin';
import type { Arguments, Flag } from './arguments.ts';
import { UsageError } from './errors.ts';
import { read } from './files.ts';
import { parseLabels, readSidecar } from './sidecar.ts';
import { preprocessingFlags, preprocessingFrom } from './values.ts';

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
  readonly preprocessing: Partial<Preprocessing>;
  readonly labels: readonly string[] | undefined;
  /** The files read, which outputs must not replace. */
  readonly files: readonly string[];
}

export async function readModel(name: string, args: Arguments): Promise<ModelFile> {
  const given = preprocessingFrom(args);
  const labelsFile = args.get('labels');
  const named = labelsFile === undefined ? undefined : parseLabels(await read(labelsFile, 'the labels'), labelsFile);
  if (name === embedded) {
    const scenes = await import('@sightline/scenes');
    const path = fileURLToPath(scenes.modelUrl);
    return {
      name,
      bytes: await read(path, 'the model'),
      preprocessing: { ...scenes.preprocessing, ...given },
      labels: named ?? scenes.classNames,
      files: [path],
    };
  }
  const bytes = await read(name, 'the model');
  if (bytes.length === 0) throw new UsageError(`the model ${name} is empty: an .onnx file is wanted`);
  const beside = await readSidecar(name);
  return {
    name,
    bytes,
    preprocessing: { ...beside.preprocessing, ...given },
    labels: named ?? beside.labels,
    files: labelsFile ? [name, labelsFile] : [name],
  };
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
  const options: LoadOptions = { preprocessing: model.preprocessing, ...(model.labels && { labels: model.labels }) };
  const summary = await loadWithWeights(engine, model, options).catch((error: unknown) => {
    if (error instanceof Error && error.name === 'SightlineError') error.message = `${model.name}: ${error.message}`;
    throw error;
  });
  signal.throwIfAborted();
  if (model.labels && model.labels.length !== summary.classes) {
    throw new UsageError(`there are ${model.labels.length} labels, and ${model.name} has ${summary.classes} classes`);
  }
  checkSize(model, summary);
  checkChannels(summary);
  return { engine, summary, milliseconds: performance.now() - started };
}

/** Weights in files of their own are known by name only once the model is read: each one it asks for is handed over. */
async function loadWithWeights(engine: Engine, model: ModelFile, options: LoadOptions): Promise<ModelSummary> {
  const externalData: Record<string, Uint8Array> = {};
  for (;;) {
    try {
      return await engine.load(model.bytes, { ...options, externalData });
    } catch (error) {
      const location = (error as { details?: { location?: unknown } }).details?.location;
      if (typeof location !== 'string' || location === '' || location in externalData) throw error;
      const path = normalize(location);
      // ONNX keeps such files in the model's own folder; a path that leaves it is not followed.
      if (path.startsWith('..') || path.startsWith('/'))
        throw new UsageError(`${model.name} asks for weights outside its folder: ${location}`);
      externalData[location] = await read(join(dirname(model.name), path), "the model's weights");
    }
  }
}

function checkSize({ name, preprocessing }: ModelFile, summary: ModelSummary): void {
  const [asked, actual] = [preprocessing.size, summary.preprocessing.size];
  if (asked && asked.join() !== actual.join()) {
    throw new UsageError(`${name} takes pictures of ${actual.join(' × ')}, and the size given is ${asked.join(' × ')}`);
  }
}

/** Preprocessing that is for another number of channels would make a picture of NaN, or none at all. */
function checkChannels({ preprocessing: { channelOrder, mean255, std255 }, input: [channels] }: ModelSummary): void {
  const expected = channelOrder === 'gray' ? 1 : 3;
  const short = mean255.length < channels ? 'mean' : std255.length < channels ? 'std' : undefined;
  if (channels <= 3 && expected !== channels) {
    throw new UsageError(
      `the model's input has ${channels} channels: --channel-order ${channels === 1 ? 'gray' : 'RGB'} fits, ${channelOrder} does not`,
    );
  }
  if (short) throw new UsageError(`the model's input has ${channels} channels, and --${short} has fewer numbers`);
}
