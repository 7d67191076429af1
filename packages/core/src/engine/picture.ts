import { resize, resizeTaps } from '../../kernels/resize/reference.ts';
import { SightlineError } from '../errors.ts';
import type { AttributionData, Picture } from './types.ts';

/** A heat map at another size: bilinear, half-pixel centres. */
export function stretch(
  source: Float32Array,
  fromWidth: number,
  fromHeight: number,
  width: number,
  height: number,
): Float32Array {
  if (fromWidth === width && fromHeight === height) return source;
  const rows = resizeTaps('bilinear', fromHeight, height);
  const columns = resizeTaps('bilinear', fromWidth, width);
  const result = new Float32Array(width * height);
  const scratch = new Float32Array(fromHeight * width);
  const sizes = [1, fromHeight, fromWidth, height, width, rows.taps] as const;
  resize(source, rows.index, rows.weight, columns.index, columns.weight, result, scratch, ...sizes);
  return result;
}

/**
 * A part of a picture, brought to a size (bilinear): RGBA bytes, opaque. Throws `bad-input` where the part is not inside the picture
 * or its bytes are too few.
 */
export function part(picture: Picture, crop: AttributionData['crop'], width: number, height: number): Uint8Array {
  const { width: w, height: h, data } = picture;
  const inside = crop.x >= 0 && crop.y >= 0 && crop.x + crop.width <= w + 1e-6 && crop.y + crop.height <= h + 1e-6;
  if (!inside) {
    const of = `${crop.width} × ${crop.height} at ${crop.x}, ${crop.y}`;
    throw new SightlineError(
      'bad-input',
      `the map is of the part ${of}, which a picture of ${w} × ${h} does not have: hand over the one that was explained`,
    );
  }
  if (data.length !== 4 * w * h) {
    throw new SightlineError('bad-input', `a picture of ${w} × ${h} has ${4 * w * h} bytes (RGBA), not ${data.length}`);
  }
  // Over white, as the network saw it.
  const seen = (pixel: number, channel: number): number =>
    mix(255, data[4 * pixel + channel]!, data[4 * pixel + 3]! / 255);
  const columns = places(crop.x, crop.width, width, w);
  const rows = places(crop.y, crop.height, height, h);
  const result = new Uint8Array(4 * width * height);
  let at = 0;
  for (const { first: top, second: bottom, share: down } of rows) {
    for (const { first: left, second: right, share: along } of columns) {
      for (let b = 0; b < 3; b++) {
        const above = mix(seen(top * w + left, b), seen(top * w + right, b), along);
        const below = mix(seen(bottom * w + left, b), seen(bottom * w + right, b), along);
        result[at++] = Math.round(mix(above, below, down));
      }
      result[at++] = 255;
    }
  }
  return result;
}

const mix = (a: number, b: number, share: number): number => a + (b - a) * share;

interface Place {
  readonly first: number;
  readonly second: number;
  /** Of the second. */
  readonly share: number;
}
/** Between which two source pixels each of `to` pixels lies. */
function places(from: number, length: number, to: number, size: number): Place[] {
  return Array.from({ length: to }, (_, i) => {
    const place = from + ((i + 0.5) * length) / to - 0.5;
    const below = Math.floor(place);
    const clamp = (pixel: number): number => Math.min(Math.max(pixel, 0), size - 1);
    return { first: clamp(below), second: clamp(below + 1), share: place - below };
  });
}
