import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { decode as decodePng, encode as encodePng, type DecodedPng } from 'fast-png';
import type { Picture } from '@sightline/core';
import { UsageError } from './errors.ts';

type Format = 'png' | 'jpeg' | 'webp';

/** What a file is, by its first bytes: a name's ending proves nothing. */
export function formatOf(bytes: Uint8Array): Format | undefined {
  const text = (from: number, to: number): string => String.fromCharCode(...bytes.subarray(from, to));
  if (text(0, 8) === '\x89PNG\r\n\x1a\n') return 'png';
  if (text(0, 3) === '\xff\xd8\xff') return 'jpeg';
  if (text(0, 4) === 'RIFF' && text(8, 12) === 'WEBP') return 'webp';
  return undefined;
}

/** Decodes a png, jpeg or webp to RGBA bytes; `name` is for complaints. */
export async function decodePicture(bytes: Uint8Array, name: string): Promise<Picture> {
  const format = formatOf(bytes);
  if (bytes.length === 0)
    throw new UsageError(`${name} is empty: a png, jpeg or webp picture or a .npy tensor is wanted`);
  if (!format) throw new UsageError(`${name} is neither a png, jpeg or webp picture nor a .npy tensor`);
  if (format === 'jpeg' && jpegComponents(bytes) === 4)
    throw new UsageError(`${name} is a CMYK jpeg, for print, which is not read: save it as RGB`);
  let picture: Picture;
  try {
    picture = await decoders[format](bytes);
  } catch (error) {
    const why =
      error instanceof Error && error.message !== 'Decoding error' ? ` (${error.message.replace(/:$/, '')})` : '';
    throw new UsageError(`${name} is a damaged ${format} picture${why}`, { cause: error });
  }
  if (picture.width === 0 || picture.height === 0) throw new UsageError(`${name} is a picture without pixels`);
  return picture;
}

/** How many colours a jpeg has: its frame's header says so, among the segments before the picture. */
function jpegComponents(bytes: Uint8Array): number | undefined {
  for (let at = 2; bytes[at] === 0xff && at + 9 < bytes.length; at += 2 + (bytes[at + 2]! << 8) + bytes[at + 3]!) {
    const marker = bytes[at + 1]!;
    // C0 … CF, of which three are no frames: tables and an extension.
    if (marker >> 4 === 0xc && ![0xc4, 0xc8, 0xcc].includes(marker)) return bytes[at + 9];
  }
  return undefined;
}

const require = createRequire(import.meta.url);
/** The codecs' own loaders would fetch, which Node does not do for files. */
const wasm = (path: string): Promise<Uint8Array> => readFile(require.resolve(path));

/** The codecs construct what browsers have and Node has not. */
function providePictureClass(): void {
  const scope = globalThis as { ImageData?: unknown };
  scope.ImageData ??= class {
    readonly data: Uint8ClampedArray;
    readonly width: number;
    readonly height: number;
    constructor(data: Uint8ClampedArray, width: number, height: number) {
      [this.data, this.width, this.height] = [data, width, height];
    }
  };
}

const plain = ({ data, width, height }: Picture): Picture => ({ data: new Uint8ClampedArray(data), width, height });

const decoders: Record<Format, (bytes: Uint8Array) => Promise<Picture>> = {
  async png(bytes) {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    // Sizes that only a damaged file claims are refused before memory is asked for.
    if (bytes.length < 33 || view.getUint32(16) * view.getUint32(20) > 2 ** 28)
      throw new Error('its header makes no sense');
    return toRgba(decodePng(bytes, { checkCrc: true }));
  },
  async jpeg(bytes) {
    const { default: decode, init } = await import('@jsquash/jpeg/decode.js');
    providePictureClass();
    const warnings: string[] = [];
    await init({
      wasmBinary: await wasm('@jsquash/jpeg/codec/dec/mozjpeg_dec.wasm'),
      printErr: (line: string) => warnings.push(line),
    });
    const picture = await decode(new Uint8Array(bytes).buffer, { preserveOrientation: true }).catch(
      (error: unknown) => {
        throw new Error(warnings.at(-1) ?? 'Decoding error', { cause: error });
      },
    );
    // The decoder paints what is missing grey and goes on; a map of that would be wrong without a word.
    const damage = warnings.find((line) => /premature end|bad huffman|unexpected marker/i.test(line));
    if (damage) throw new Error(damage);
    return plain(picture);
  },
  async webp(bytes) {
    const { default: decode, init } = await import('@jsquash/webp/decode.js');
    providePictureClass();
    await init({ wasmBinary: await wasm('@jsquash/webp/codec/dec/webp_dec.wasm') });
    return plain(await decode(new Uint8Array(bytes).buffer));
  },
};

/** Any kind of PNG as RGBA bytes. */
function toRgba(png: DecodedPng): Picture {
  const { width, height, channels, depth, palette } = png;
  const samples = depth < 8 ? unpack(png) : png.data;
  const needed = width * height * channels;
  if (samples.length < needed) throw new Error(`${samples.length} samples of ${needed}`);
  const toByte = (sample: number): number =>
    depth === 16 ? Math.round(sample / 257) : (sample * 255) / (2 ** depth - 1);
  const data = new Uint8ClampedArray(width * height * 4);
  for (let p = 0; p < width * height; p++) {
    const at = p * channels;
    if (palette) {
      const entry = palette[samples[at]!];
      if (!entry) throw new Error('a colour that is not in its palette');
      data.set([entry[0]!, entry[1]!, entry[2]!, entry[3] ?? 255], 4 * p);
    } else {
      const grey = channels < 3;
      for (let c = 0; c < 3; c++) data[4 * p + c] = toByte(samples[at + (grey ? 0 : c)]!);
      data[4 * p + 3] = channels === 2 || channels === 4 ? toByte(samples[at + channels - 1]!) : 255;
    }
  }
  return { width, height, data };
}

/** Samples of 1, 2 or 4 bits, one a byte; each row starts on a whole byte. */
function unpack({ data, width, height, depth }: DecodedPng): Uint8Array {
  const bytesPerRow = Math.ceil((width * depth) / 8);
  const samples = new Uint8Array(width * height);
  for (let i = 0; i < samples.length; i++) {
    const [x, y] = [i % width, Math.floor(i / width)];
    const bit = x * depth;
    const byte = data[y * bytesPerRow + (bit >> 3)] ?? 0;
    samples[i] = (byte >> (8 - depth - (bit & 7))) & (2 ** depth - 1);
  }
  return samples;
}

export const toPng = ({ width, height, data }: Picture): Uint8Array =>
  encodePng({ width, height, data: new Uint8Array(data), channels: 4, depth: 8 });
