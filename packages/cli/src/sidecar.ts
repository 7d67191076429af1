import { basename, dirname, extname, join } from 'node:path';
import type { Preprocessing } from '@sightline/core';
import { UsageError } from './errors.ts';
import { parseJson, readIfThere } from './files.ts';

/** What a file beside the model knows of it. */
export interface Sidecar {
  readonly preprocessing: Partial<Preprocessing>;
  readonly labels?: readonly string[];
}

/** MODEL.json or MODEL.onnx.json beside MODEL.onnx, else the model's entry in models.json there. */
export async function readSidecar(model: string): Promise<Sidecar> {
  const folder = dirname(model);
  const base = basename(model, extname(model));
  for (const name of [`${base}.json`, `${basename(model)}.json`, 'models.json']) {
    const path = join(folder, name);
    const bytes = await readIfThere(path);
    if (!bytes) continue;
    const content = parseJson(bytes, path);
    const entry =
      isRecord(content) && isRecord(content[base]) ? content[base] : name === 'models.json' ? undefined : content;
    if (isRecord(entry)) return understand(entry, path);
  }
  return { preprocessing: {} };
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
const isNumbers = (value: unknown): value is number[] =>
  Array.isArray(value) && value.length > 0 && value.every((v) => Number.isFinite(v));

/** Other people's JSON: fields that are not ours are left alone, ours must be right. */
function understand(entry: Record<string, unknown>, path: string): Sidecar {
  const own = isRecord(entry.preprocessing) ? entry.preprocessing : entry;
  const wrong = (field: string, right: string): UsageError => new UsageError(`${path}: ${field} must be ${right}`);
  const { mean255, std255, size, channelOrder, fit, cropFraction, labels = entry.labels } = own;
  if (mean255 !== undefined && !isNumbers(mean255)) throw wrong('mean255', 'a list of numbers, one a channel');
  if (std255 !== undefined && !(isNumbers(std255) && std255.every((v) => v > 0)))
    throw wrong('std255', 'a list of numbers above 0, one a channel');
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
