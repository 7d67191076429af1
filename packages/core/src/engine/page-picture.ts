import { SightlineError } from '../errors.ts';
import type { Picture } from '../model/preprocessing.ts';

/** What a page shows as a picture: an image, a canvas, an ImageBitmap, a video's frame; or its bytes. */
export type PagePicture = Picture | CanvasImageSource;

/**
 * The picture as it is now, RGBA bytes at its own size. Throws `bad-input` for what is none, has not loaded, or may not be read
 * because it came from another origin.
 */
export function pictureOf(source: PagePicture): Picture {
  const given = source as Partial<Picture> | null | undefined;
  if (typeof given === 'object' && ArrayBuffer.isView(given?.data)) return given as Picture;
  const [width, height] = sizeOf(source);
  if (!(width > 0 && height > 0))
    throw new SightlineError('bad-input', 'the picture has no size: it has not loaded yet (await image.decode())');
  const canvas = new OffscreenCanvas(width, height);
  const context = canvas.getContext('2d', { willReadFrequently: true });
  if (!context) throw new SightlineError('bad-input', 'this browser gives no canvas to read the picture with');
  try {
    context.drawImage(source as CanvasImageSource, 0, 0, width, height);
    return context.getImageData(0, 0, width, height);
  } catch (cause) {
    throw new SightlineError(
      'bad-input',
      `the picture cannot be read: ${(cause as Error).message}. One of another origin needs CORS headers, and crossorigin on its element`,
      {},
      { cause },
    );
  }
}

/** Pixels of the picture itself, not of the box that it is shown in. */
function sizeOf(source: unknown): readonly [number, number] {
  const { naturalWidth, naturalHeight, videoWidth, videoHeight, displayWidth, displayHeight, width, height } =
    (source ?? {}) as Record<string, unknown>;
  const found = [
    [naturalWidth, naturalHeight],
    [videoWidth, videoHeight],
    [displayWidth, displayHeight],
    [width, height],
  ].find((pair): pair is [number, number] => pair.every((length) => typeof length === 'number'));
  if (found) return found;
  const decode = source instanceof Blob ? '; a file is decoded first: await createImageBitmap(file)' : '';
  const right =
    'an image, a canvas, an ImageBitmap, a picture { width, height, data } or a tensor { type, dims, data }';
  throw new SightlineError('bad-input', `the input must be ${right}${decode}`);
}
