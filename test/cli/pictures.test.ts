import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { describe, it } from 'node:test';
import { encode, type ImageData as Png } from 'fast-png';
import { decodePicture, toPng } from '../../packages/cli/src/pictures.ts';

const require = createRequire(new URL('../../packages/cli/package.json', import.meta.url));
const wasm = async (path: string): Promise<{ wasmBinary: Uint8Array }> => ({
  wasmBinary: await readFile(require.resolve(path)),
});

/** A picture with an edge, a ramp and no symmetry. */
function sample(width: number, height: number): { width: number; height: number; data: Uint8ClampedArray } {
  const data = new Uint8ClampedArray(width * height * 4);
  for (let i = 0; i < width * height; i++) {
    const [x, y] = [i % width, Math.floor(i / width)];
    data.set([(255 * x) / width, (255 * y) / height, x > width / 3 ? 200 : 30, 255], 4 * i);
  }
  return { width, height, data };
}
const png = (image: Png): Promise<readonly number[]> =>
  decodePicture(encode(image), 'x.png').then(({ data }) => [...data]);

describe('pictures', () => {
  it('a PNG comes back byte for byte', async () => {
    const picture = sample(37, 23);
    assert.deepEqual(await decodePicture(toPng(picture), 'x.png'), picture);
  });

  it('every kind of PNG becomes RGBA: grey, grey with alpha, RGB, and 16 bits', async () => {
    assert.deepEqual(
      await png({ width: 2, height: 1, channels: 1, data: Uint8Array.of(7, 250) }),
      [7, 7, 7, 255, 250, 250, 250, 255],
    );
    assert.deepEqual(await png({ width: 1, height: 1, channels: 2, data: Uint8Array.of(7, 128) }), [7, 7, 7, 128]);
    assert.deepEqual(await png({ width: 1, height: 1, channels: 3, data: Uint8Array.of(1, 2, 3) }), [1, 2, 3, 255]);
    assert.deepEqual(
      await png({ width: 1, height: 1, channels: 3, depth: 16, data: Uint16Array.of(0, 32896, 65535) }),
      [0, 128, 255, 255],
    );
  });

  it('lossless WebP comes back byte for byte, by its first bytes and not by its name', async () => {
    await decodePicture(toPng(sample(1, 1)), 'x.png');
    const { default: encodeWebp, init } = await import('@jsquash/webp/encode.js');
    await init(await wasm('@jsquash/webp/codec/enc/webp_enc.wasm'));
    const picture = sample(40, 30);
    const bytes = new Uint8Array(await encodeWebp(picture as ImageData, { lossless: 1, quality: 100 }));
    assert.deepEqual(await decodePicture(bytes, 'named.png'), picture);
    await assert.rejects(decodePicture(bytes.subarray(0, bytes.length / 2), 'cut.webp'), {
      message: /cut\.webp is a damaged webp picture/,
    });
  });

  it('JPEG comes back within its losses, and one that was cut short is refused', async () => {
    const { default: encodeJpeg, init } = await import('@jsquash/jpeg/encode.js');
    await init(await wasm('@jsquash/jpeg/codec/enc/mozjpeg_enc.wasm'));
    const picture = sample(64, 48);
    const bytes = new Uint8Array(await encodeJpeg(picture as ImageData, { quality: 95 }));
    const { width, height, data } = await decodePicture(bytes, 'x.jpg');
    assert.deepEqual([width, height], [64, 48]);
    const off = [...data].reduce((sum, value, i) => sum + Math.abs(value - picture.data[i]!), 0) / data.length;
    assert.ok(off < 4, `${off} of 255 off on average`);
    await assert.rejects(decodePicture(bytes.subarray(0, bytes.length - 200), 'cut.jpg'), {
      name: 'UsageError',
      message: /cut\.jpg is a damaged jpeg/,
    });
  });

  it('a CMYK JPEG is not damaged: it is refused for what it is', async () => {
    // A table, then a frame of 8 bits, 1 × 1, with 4 colours.
    const frame = [0xff, 0xc0, 0, 20, 8, 0, 1, 0, 1, 4, 1, 0x11, 0, 2, 0x11, 0, 3, 0x11, 0, 4, 0x11, 0];
    const bytes = Uint8Array.of(0xff, 0xd8, 0xff, 0xdb, 0, 4, 0, 1, ...frame, 0xff, 0xd9);
    await assert.rejects(decodePicture(bytes, 'print.jpg'), {
      name: 'UsageError',
      message: 'print.jpg is a CMYK jpeg, for print, which is not read: save it as RGB',
    });
  });

  it('a PNG with a flipped bit, or that claims a size nobody has, is refused', async () => {
    const bytes = toPng(sample(20, 20));
    const flipped = Uint8Array.from(bytes, (byte, i) => (i === 60 ? byte ^ 1 : byte));
    await assert.rejects(decodePicture(flipped, 'x.png'), { message: /damaged png/ });
    const vast = Uint8Array.from(bytes);
    new DataView(vast.buffer).setUint32(16, 0x7fffffff);
    await assert.rejects(decodePicture(vast, 'x.png'), { message: /damaged png/ });
  });

  it('a picture without pixels, an empty file and a file of another kind are refused', async () => {
    const none = Uint8Array.from(toPng(sample(1, 1)));
    new DataView(none.buffer).setUint32(16, 0);
    await assert.rejects(decodePicture(none, 'x.png'), { name: 'UsageError' });
    await assert.rejects(decodePicture(new Uint8Array(0), 'x.png'), { message: /x\.png is empty/ });
    await assert.rejects(decodePicture(new TextEncoder().encode('GIF89a'), 'x.gif'), {
      message: /neither a png, jpeg or webp/,
    });
  });
});
