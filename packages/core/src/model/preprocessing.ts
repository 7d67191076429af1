import { fieldsOf, onlyKnown, SightlineError } from '../errors.ts';
import { tensor, type Tensor } from '../tensor/tensor.ts';
import { resample } from './resample.ts';

/** A decoded picture: RGBA bytes, row by row (an ImageData fits). */
export interface Picture {
  readonly width: number;
  readonly height: number;
  readonly data: Uint8ClampedArray | Uint8Array;
}

/** How a picture becomes the network's input: (value − mean) / std per channel, after resizing and a centre crop. */
export interface Preprocessing {
  /** Height and width of the input; taken from the model where it is static. */
  readonly size: readonly [height: number, width: number];
  readonly channelOrder: 'RGB' | 'BGR' | 'gray';
  /** On pixel values 0 … 255, in the channel order of the input. */
  readonly mean255: readonly number[];
  readonly std255: readonly number[];
  /** `crop`: shorter side to size / cropFraction, then the centre; `stretch`: straight to the size. */
  readonly fit: 'crop' | 'stretch';
  /** 0.875 = 224 / 256, as ImageNet networks are tested. */
  readonly cropFraction: number;
}

/** What ImageNet networks of PyTorch's zoo expect; 0 … 1 for a grey picture. */
export function defaultPreprocessing([channels, height, width]: readonly [number, number, number]): Preprocessing {
  const colour = channels === 3;
  return {
    size: [height, width],
    channelOrder: colour ? 'RGB' : 'gray',
    mean255: colour ? [123.675, 116.28, 103.53] : Array.from({ length: channels }, () => 0),
    std255: colour ? [58.395, 57.12, 57.375] : Array.from({ length: channels }, () => 255),
    fit: 'crop',
    cropFraction: 0.875,
  };
}

const fields = fieldsOf<Preprocessing>({
  ...{ size: true, channelOrder: true, mean255: true, std255: true, fit: true, cropFraction: true },
});

/** The default with what was given in its place. Throws `bad-option` that names the field and says what would be right. */
export function resolvePreprocessing(
  given: Partial<Preprocessing> | undefined,
  shape: readonly [channels: number, height: number, width: number],
): Preprocessing {
  const [channels, height, width] = shape;
  if (given !== undefined) onlyKnown('preprocessing', given, fields);
  const stated = Object.entries(given ?? {}).filter(([, value]) => value !== undefined);
  const resolved: Preprocessing = { ...defaultPreprocessing(shape), ...Object.fromEntries(stated) };
  const { size, channelOrder, mean255, std255, fit, cropFraction } = resolved;
  const check = (name: keyof Preprocessing, fits: boolean, right: string): void => {
    if (fits) return;
    const found = JSON.stringify(resolved[name]);
    throw new SightlineError('bad-option', `preprocessing.${name} must be ${right}, not ${found}`, { field: name });
  };
  const numbers = (list: unknown): list is readonly number[] =>
    Array.isArray(list) && list.length === channels && list.every((v) => Number.isFinite(v));
  check(
    'size',
    Array.isArray(size) && size.join() === [height, width].join(),
    `[${height}, ${width}], as the model has it`,
  );
  const orders = channels === 1 ? ['gray'] : channels === 3 ? ['RGB', 'BGR'] : [channelOrder];
  check('channelOrder', orders.includes(channelOrder), `${orders.join(' or ')}, for ${channels} channels`);
  check('mean255', numbers(mean255), `${channels} numbers, of pixel values 0 … 255`);
  check(
    'std255',
    numbers(std255) && std255.every((v) => v > 0),
    `${channels} numbers above 0, of pixel values 0 … 255`,
  );
  check('fit', fit === 'crop' || fit === 'stretch', "'crop' or 'stretch'");
  check('cropFraction', cropFraction > 0 && cropFraction <= 1, 'above 0 and at most 1');
  return resolved;
}

export interface Prepared {
  /** [1, C, H, W] */
  readonly input: Tensor;
  /** Which part of the picture the network sees, in its pixels. */
  readonly crop: { readonly x: number; readonly y: number; readonly width: number; readonly height: number };
}

/** A picture as the network's input. Throws `bad-input` for a picture of no size or with too few bytes. */
export function preprocess(
  picture: Picture,
  { size: [H, W], channelOrder, mean255, std255, fit, cropFraction }: Preprocessing,
): Prepared {
  const { width, height, data } = picture;
  if (!(data instanceof Uint8ClampedArray || data instanceof Uint8Array))
    throw new SightlineError('bad-input', 'a picture has bytes, 0 … 255: a Uint8ClampedArray or a Uint8Array');
  if (!(width > 0 && height > 0))
    throw new SightlineError('bad-input', `the picture is ${width} × ${height} pixels: it has no size`);
  if (data.length !== width * height * 4)
    throw new SightlineError(
      'bad-input',
      `a ${width} × ${height} picture has ${width * height * 4} bytes (RGBA), not ${data.length}`,
    );
  const scale = fit === 'stretch' ? undefined : Math.round(Math.max(H, W) / cropFraction) / Math.min(width, height);
  const resized =
    scale === undefined
      ? { h: H, w: W }
      : { h: Math.max(H, Math.round(height * scale)), w: Math.max(W, Math.round(width * scale)) };
  const [top, left] = [Math.round((resized.h - H) / 2), Math.round((resized.w - W) / 2)];
  const order = channelOrder === 'gray' ? [0] : channelOrder === 'BGR' ? [2, 1, 0] : [0, 1, 2];
  if (order.length !== mean255.length) {
    const [channels, right] = [mean255.length, 'hand over a tensor [1, C, H, W]'];
    throw new SightlineError('bad-input', `the model takes ${channels} channels, and no picture has: ${right}`);
  }
  const planes = order.map((channel) =>
    resample(planeOf(data, channel, channelOrder === 'gray'), [height, width], [resized.h, resized.w]),
  );
  const input = tensor([1, planes.length, H, W]);
  planes.forEach((plane, c) => {
    for (let y = 0; y < H; y++) {
      for (let x = 0; x < W; x++) {
        input.data[(c * H + y) * W + x] = (plane[(y + top) * resized.w + x + left]! - mean255[c]!) / std255[c]!;
      }
    }
  });
  const [sx, sy] = [width / resized.w, height / resized.h];
  return { input, crop: { x: left * sx, y: top * sy, width: W * sx, height: H * sy } };
}

/** One channel over white where the picture is transparent; grey is ITU-R 601 luma, as PIL's. */
function planeOf(rgba: Picture['data'], channel: number, gray: boolean): Float32Array {
  // A loop, not Float32Array.from with a callback: nine times as fast, and photographs have millions of pixels.
  const plane = new Float32Array(rgba.length / 4);
  for (let i = 0, at = 0; i < plane.length; i++, at += 4) {
    const value = gray ? 0.299 * rgba[at]! + 0.587 * rgba[at + 1]! + 0.114 * rgba[at + 2]! : rgba[at + channel]!;
    const alpha = rgba[at + 3]! / 255;
    plane[i] = value * alpha + 255 * (1 - alpha);
  }
  return plane;
}
