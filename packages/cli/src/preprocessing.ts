import type { Preprocessing } from '@sightline/core';
import type { Arguments, Flag } from './arguments.ts';
import { UsageError } from './errors.ts';
import { numberList } from './values.ts';

export const preprocessingFlags: readonly Flag[] = [
  {
    name: 'preset',
    value: 'NAME',
    help: 'how the network was trained: imagenet, unit (0 … 1), tf (−1 … 1) or caffe (BGR, means)',
  },
  { name: 'mean', value: 'R,G,B', help: 'subtracted from pixel values 0 … 255; one number, or one a channel' },
  { name: 'std', value: 'R,G,B', help: 'what pixel values 0 … 255 less the mean are divided by; the same' },
  { name: 'size', value: 'H[,W]', help: "the network's input, where the model leaves it open" },
  { name: 'channel-order', value: 'ORDER', help: 'RGB, BGR or gray' },
  { name: 'fit', value: 'HOW', help: 'crop (shorter side, then the centre) or stretch' },
];

/** One number stands for every channel. */
const presets = {
  imagenet: { channelOrder: 'RGB', mean255: [123.675, 116.28, 103.53], std255: [58.395, 57.12, 57.375] },
  unit: { mean255: [0], std255: [255] },
  tf: { mean255: [127.5], std255: [127.5] },
  caffe: { channelOrder: 'BGR', mean255: [103.939, 116.779, 123.68], std255: [1] },
} as const satisfies Record<string, Partial<Preprocessing>>;

/** What the command line says about preprocessing for a model of so many channels. */
export function preprocessingFrom(args: Arguments, channels: number): Partial<Preprocessing> {
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
  const [mean255, std255] = [mean ?? preset.mean255, std ?? preset.std255];
  return {
    ...(mean255 && { mean255: perChannel(mean255, mean ? '--mean' : `--preset ${name}`, channels) }),
    ...(std255 && { std255: perChannel(std255, std ? '--std' : `--preset ${name}`, channels) }),
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
  return list;
}

function perChannel(list: readonly number[], where: string, channels: number): readonly number[] {
  if (list.length === channels) return list;
  if (list.length === 1) return Array.from({ length: channels }, () => list[0]!);
  const right = channels === 1 ? 'give one' : `give ${channels}, or one for all`;
  throw new UsageError(`${where} has ${list.length} numbers, and the model's input has ${of(channels)}: ${right}`);
}
const of = (channels: number): string => `${channels} channel${channels === 1 ? '' : 's'}`;

/** Throws where pictures of that order have another number of channels than the model, if a picture can have that many. */
export function checkOrder(order: Preprocessing['channelOrder'], channels: number): void {
  if (channels > 3 || channels === (order === 'gray' ? 1 : 3)) return;
  const right = channels === 1 ? 'gray' : 'RGB';
  throw new UsageError(`the model's input has ${of(channels)}: --channel-order ${right} fits, ${order} does not`);
}

/** Where what pictures go through comes from, for people: one source, or the fields that each gave. */
export function originOf(
  given: Partial<Preprocessing>,
  beside: { readonly preprocessing: Partial<Preprocessing>; readonly place: string },
  channels: number,
): string {
  const assumed = `assumed: ${channels === 3 ? 'ImageNet' : '0 … 1'}`;
  const sources = { options: [] as string[], [beside.place]: [] as string[], [assumed]: [] as string[] };
  const stretched = (given.fit ?? beside.preprocessing.fit) === 'stretch'; // cuts nothing
  for (const field of ['channelOrder', 'mean255', 'std255', 'fit', 'cropFraction'] as const) {
    if (field === 'cropFraction' && stretched) continue;
    const source = field in given ? 'options' : field in beside.preprocessing ? beside.place : assumed;
    sources[source]!.push(field);
  }
  const used = Object.entries(sources).filter(([, fields]) => fields.length > 0);
  if (used.length === 1) return used[0]![0];
  return used.map(([source, fields]) => `${source} (${fields.join(', ')})`).join('; ');
}
