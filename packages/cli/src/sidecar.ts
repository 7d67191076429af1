import { basename, dirname, extname, join } from 'node:path';
import type { Preprocessing } from '@sightline/core';
import { commonLetters } from './arguments.ts';
import { suggestion, UsageError } from './errors.ts';
import { parseJson, readIfThere } from './files.ts';

/** What a file beside the model knows of it. */
export interface Sidecar {
  /** In words; '' where there is no such file. */
  readonly place: string;
  readonly preprocessing: Partial<Preprocessing>;
  readonly labels?: readonly string[];
}

/** MODEL.json or MODEL.onnx.json beside MODEL.onnx, else the model's entry in models.json there; for so many channels. */
export async function readSidecar(model: string, channels: number): Promise<Sidecar> {
  const folder = dirname(model);
  const base = basename(model, extname(model));
  for (const name of [`${base}.json`, `${basename(model)}.json`, 'models.json']) {
    const path = join(folder, name);
    const bytes = await readIfThere(path, 'the sidecar');
    if (!bytes) continue;
    const content = parseJson(bytes, path);
    const entry =
      isRecord(content) && isRecord(content[base]) ? content[base] : name === 'models.json' ? undefined : content;
    if (isRecord(entry)) return understand(entry, path, channels);
  }
  return { place: '', preprocessing: {} };
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
const isNumbers = (value: unknown): value is number[] =>
  Array.isArray(value) && value.length > 0 && value.every((v) => Number.isFinite(v));

const aboveZero = (value: unknown): boolean => typeof value === 'number' && value > 0;

const fields = ['mean255', 'std255', 'size', 'channelOrder', 'fit', 'cropFraction', 'labels'] as const;

/**
 * A field that looks like one of ours and is not would be passed over, and the map be silently wrong. The file may hold other
 * facts of the model beside ours; inside `preprocessing` there are ours alone.
 */
function checkNames(own: Record<string, unknown>, nested: boolean, path: string): void {
  const known: readonly string[] = nested ? fields : [...fields, 'preprocessing'];
  for (const [name, value] of Object.entries(own)) {
    if (known.includes(name)) continue;
    // Other tools say image_mean, normMean, pixel_means: too far from mean255 to be a slip.
    const words = name.split(/[^a-zA-Z]+|(?=[A-Z])/).map((word) => word.toLowerCase().replace(/s$/, ''));
    const part = isNumbers(value) ? words.find((word) => word === 'mean' || word === 'std') : undefined;
    const close = part ? [`${part}255`] : known.filter((field) => meant(name, field));
    if (close.length === 0 && !nested) continue;
    const scale = close.some((field) => field.endsWith('255')) ? ' (for pixel values 0 … 255)' : '';
    throw new UsageError(`${path} has a field '${name}', which is not read: ${suggestion(close, known)}${scale}`);
  }
}

/** Whether a field is another one misspelt, or the start of it. `batch_size` is no size, and `layers` are no labels. */
function meant(name: string, field: string): boolean {
  const [a, b] = [name, field].map((text) => text.toLowerCase().replace(/[^a-z]/g, '')) as [string, string];
  return (a.length >= 3 && b.startsWith(a)) || commonLetters(a, b) >= 0.8 * Math.max(a.length, b.length);
}

function understand(entry: Record<string, unknown>, path: string, channels: number): Sidecar {
  const wrong = (field: string, right: string): UsageError => new UsageError(`${path}: ${field} must be ${right}`);
  if (entry.preprocessing !== undefined && !isRecord(entry.preprocessing))
    throw wrong('preprocessing', `an object of ${fields.join(', ')}`);
  const own = entry.preprocessing ?? entry;
  checkNames(own, own !== entry, path);
  const { mean255, std255, size, channelOrder, fit, cropFraction, labels = entry.labels } = own;
  const list = `a list of ${channels} number${channels === 1 ? '' : 's'}`;
  if (mean255 !== undefined && !(isNumbers(mean255) && mean255.length === channels))
    throw wrong('mean255', `${list}, as many as the model's input has channels`);
  if (std255 !== undefined && !(isNumbers(std255) && std255.length === channels && std255.every(aboveZero)))
    throw wrong('std255', `${list} above 0, as many as the model's input has channels`);
  const sides = typeof size === 'number' ? [size, size] : size;
  if (
    sides !== undefined &&
    !(isNumbers(sides) && sides.length === 2 && sides.every((v) => Number.isInteger(v) && v > 0))
  ) {
    throw wrong('size', 'a whole number or [height, width]');
  }
  if (channelOrder !== undefined && channelOrder !== 'RGB' && channelOrder !== 'BGR' && channelOrder !== 'gray') {
    throw wrong('channelOrder', 'RGB, BGR or gray');
  }
  if (fit !== undefined && fit !== 'crop' && fit !== 'stretch') throw wrong('fit', 'crop or stretch');
  if (cropFraction !== undefined && !(typeof cropFraction === 'number' && cropFraction > 0 && cropFraction <= 1)) {
    throw wrong('cropFraction', 'a number above 0, up to 1');
  }
  if (labels !== undefined && !(Array.isArray(labels) && labels.every((label) => typeof label === 'string'))) {
    throw wrong('labels', 'a list of names');
  }
  return {
    place: `the sidecar ${path}`,
    preprocessing: {
      ...(mean255 && { mean255 }),
      ...(std255 && { std255 }),
      ...(sides && { size: [sides[0]!, sides[1]!] as const }),
      ...(channelOrder && { channelOrder }),
      ...(fit && { fit }),
      ...(cropFraction && { cropFraction }),
    },
    ...(labels && { labels }),
  };
}

/** --labels: a JSON list, a JSON object by index (names, or lists that end in one), or a text with a name a line. */
export function parseLabels(bytes: Uint8Array, path: string): string[] {
  const text = new TextDecoder().decode(bytes);
  if (!/^\s*[[{]/.test(text)) return text.replace(/\r?\n$/, '').split(/\r?\n/);
  const content = parseJson(bytes, path);
  const entries = Array.isArray(content)
    ? (content as unknown[])
    : Object.entries(content as Record<string, unknown>)
        .sort(([a], [b]) => Number(a) - Number(b))
        .map(([, name]) => name);
  return entries.map((entry) => {
    const name: unknown = Array.isArray(entry) ? entry.at(-1) : entry;
    if (typeof name === 'string') return name;
    throw new UsageError(`${path} must be a list of class names, or an object of them by number`);
  });
}
