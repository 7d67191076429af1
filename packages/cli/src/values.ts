import type { AnyTensor, Preprocessing, Target } from '@sightline/core';
import type { Plugin } from '@sightline/core/plugin';
import type { Arguments, Flag } from './arguments.ts';
import { UsageError } from './errors.ts';

export const preprocessingFlags: readonly Flag[] = [
  {
    name: 'preset',
    value: 'NAME',
    help: 'how the network was trained: imagenet, unit (0 … 1), tf (−1 … 1) or caffe (BGR, means)',
  },
  { name: 'mean', value: 'R,G,B', help: 'subtracted from pixel values 0 … 255' },
  { name: 'std', value: 'R,G,B', help: 'what pixel values 0 … 255 less the mean are divided by' },
  { name: 'size', value: 'H[,W]', help: "the network's input, where the model leaves it open" },
  { name: 'channel-order', value: 'ORDER', help: 'RGB, BGR or gray' },
  { name: 'fit', value: 'HOW', help: 'crop (shorter side, then the centre) or stretch' },
];

const presets = {
  imagenet: { channelOrder: 'RGB', mean255: [123.675, 116.28, 103.53], std255: [58.395, 57.12, 57.375] },
  unit: { mean255: [0, 0, 0], std255: [255, 255, 255] },
  tf: { mean255: [127.5, 127.5, 127.5], std255: [127.5, 127.5, 127.5] },
  caffe: { channelOrder: 'BGR', mean255: [103.939, 116.779, 123.68], std255: [1, 1, 1] },
} as const satisfies Record<string, Partial<Preprocessing>>;

/** What the command line says about preprocessing, over what a sidecar says. */
export function preprocessingFrom(args: Arguments): Partial<Preprocessing> {
  const name = args.choice('preset', Object.keys(presets) as (keyof typeof presets)[]);
  const preset: Partial<Preprocessing> = name ? presets[name] : {};
  const [mean, std] = [numbers(args, 'mean'), numbers(args, 'std')];
  if (std?.some((value) => !(value > 0))) throw new UsageError(`--std must be above 0, not '${args.get('std')}'`);
  if (std?.every((value) => value < 1)) {
    throw new UsageError(
      `--std is for pixel values 0 … 255: give ${std.map((value) => +(value * 255).toFixed(3)).join(',')}`,
    );
  }
  const size = numbers(args, 'size');
  if (size && (size.length > 2 || size.some((side) => !Number.isInteger(side) || side < 1))) {
    throw new UsageError(`--size must be one or two whole numbers, like 224 or 224,320, not '${args.get('size')}'`);
  }
  const channelOrder = args.choice('channel-order', ['RGB', 'BGR', 'gray']) ?? preset.channelOrder;
  const fit = args.choice('fit', ['crop', 'stretch']);
  return {
    ...preset,
    ...(mean && { mean255: mean }),
    ...(std && { std255: std }),
    ...(size && { size: [size[0]!, size[1] ?? size[0]!] }),
    ...(channelOrder && { channelOrder }),
    ...(fit && { fit }),
  };
}

function numbers(args: Arguments, flag: string): number[] | undefined {
  const text = args.get(flag);
  if (text === undefined) return undefined;
  const list = numberList(text);
  if (!list) throw new UsageError(`--${flag} must be numbers with commas between them, not '${text}'`);
  // One number stands for every channel.
  return flag !== 'size' && list.length === 1 ? [list[0]!, list[0]!, list[0]!] : list;
}
function numberList(text: string): number[] | undefined {
  const list = text.split(',').map((part) => (part.trim() === '' ? NaN : Number(part)));
  return list.some((value) => !Number.isFinite(value)) ? undefined : list;
}

/** --target: a class, or the top one. */
export function targetFrom(args: Arguments): number | 'top' {
  const text = args.get('target') ?? 'top';
  if (text === 'top') return 'top';
  const index = /^\d+$/.test(text.trim()) ? Number(text) : NaN;
  if (Number.isSafeInteger(index)) return index;
  throw new UsageError(`--target must be the number of a class, from 0, or top, not '${text}'`);
}
export const isOneClass = ({ weights }: Target): boolean => weights.length === 1 && weights[0]![1] === 1;

/**
 * The words of --option k=v as the plugin's schema wants them. What does not fit is passed on as it is: the plugin's own
 * check knows the range and the near names, and says so.
 */
export async function optionsFrom(
  pairs: readonly string[],
  plugin: { readonly name: string; readonly options: Plugin['options'] },
  readTensor: (path: string) => Promise<AnyTensor>,
): Promise<Record<string, unknown>> {
  const options: Record<string, unknown> = {};
  for (const pair of pairs) {
    const at = pair.indexOf('=');
    const [name, text] = [pair.slice(0, at), pair.slice(at + 1)];
    if (at < 1) throw new UsageError(`--option must be NAME=VALUE, not '${pair}'`);
    if (Object.hasOwn(options, name)) throw new UsageError(`--option ${name} is given twice`);
    const schema = Object.hasOwn(plugin.options, name) ? plugin.options[name] : undefined;
    const kind = schema?.kind;
    if (text.startsWith('@') && kind !== undefined && kind !== 'tensor' && kind !== 'layer') {
      throw new UsageError(`${plugin.name}: option '${name}' takes a ${kind}, not a file`);
    }
    options[name] = kind === 'tensor' ? await tensorFrom(text, name, plugin.name, readTensor) : word(text, schema);
  }
  return options;
}

async function tensorFrom(
  text: string,
  name: string,
  plugin: string,
  readTensor: (path: string) => Promise<AnyTensor>,
): Promise<AnyTensor> {
  if (text.startsWith('@')) return readTensor(text.slice(1));
  const list = numberList(text);
  if (!list)
    throw new UsageError(
      `${plugin}: option '${name}' takes a tensor: ${name}=@FILE.npy, or numbers with commas, not '${text}'`,
    );
  return { type: 'float32', dims: [list.length], data: Float32Array.from(list) };
}

/** One word of the command line as its schema wants it; several layers have commas between them. */
export function word(text: string, schema: Plugin['options'][string] | undefined): unknown {
  const kind = schema?.kind;
  if (schema?.kind === 'layer' && schema.several) return text.split(',').map((name) => name.trim());
  if (kind === 'number' || kind === 'integer') {
    const value = text.trim() === '' ? NaN : Number(text);
    return Number.isNaN(value) ? text : value;
  }
  if (kind === 'boolean') return text === 'true' ? true : text === 'false' ? false : text;
  return text;
}
