import { basename } from 'node:path';
import type { Engine, Input, Picture, Tensor } from '@sightline/core';
import { UsageError } from './errors.ts';
import { parseJson, read } from './files.ts';
import { isPicture } from './input.ts';
import { decodePicture, formatOf } from './pictures.ts';

type Box = readonly [x0: number, y0: number, x1: number, y1: number];
/** Whether a point of the original picture belongs to the object. */
type Inside = (x: number, y: number) => boolean;

/**
 * Where the object is, as a mask [H, W] over the network's input: 1 where the centre of an input's pixel falls on the
 * object. `path` is a JSON file of boxes or a mask of the picture's size, both in the pixels of the original picture.
 */
export async function readTruth(path: string, inputName: string, input: Input, engine: Engine): Promise<Tensor> {
  const bytes = await read(path, 'the truth');
  const { crop, input: seen } = engine.prepare(input);
  const [, , height, width] = seen.dims as readonly [number, number, number, number];
  const whole = isPicture(input) ? input : { width: input.dims[3]!, height: input.dims[2]! };
  const inside = formatOf(bytes)
    ? maskTest(await decodePicture(bytes, path), whole, path)
    : boxTest(boxesOf(parseJson(bytes, path), path, inputName));
  const data = new Float32Array(height * width);
  for (let i = 0; i < data.length; i++) {
    const x = crop.x + (((i % width) + 0.5) / width) * crop.width;
    const y = crop.y + ((Math.floor(i / width) + 0.5) / height) * crop.height;
    if (inside(x, y)) data[i] = 1;
  }
  if (!data.includes(1)) throw new UsageError(`${path} marks no pixel of what the network sees of the picture`);
  return { type: 'float32', dims: [height, width], data };
}

function maskTest(mask: Picture, whole: { readonly width: number; readonly height: number }, path: string): Inside {
  if (mask.width !== whole.width || mask.height !== whole.height) {
    throw new UsageError(
      `the mask ${path} is ${mask.width} × ${mask.height}, and the input is ${whole.width} × ${whole.height}`,
    );
  }
  return (x, y) => {
    const at = 4 * (Math.min(mask.height - 1, Math.floor(y)) * mask.width + Math.min(mask.width - 1, Math.floor(x)));
    return mask.data[at + 3]! > 0 && mask.data.subarray(at, at + 3).some((value) => value > 0);
  };
}
const boxTest =
  (boxes: readonly Box[]): Inside =>
  (x, y) =>
    boxes.some(([x0, y0, x1, y1]) => x >= x0 && x < x1 && y >= y0 && y < y1);

const isRecord = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null;
const isBox = (value: unknown): value is Box =>
  Array.isArray(value) &&
  value.length === 4 &&
  value.every((v) => Number.isFinite(v)) &&
  value[0] < value[2] &&
  value[1] < value[3];

/** [[x0, y0, x1, y1], …], {boxes: […]}, or a list of {file, boxes} of which one is for this picture. */
function boxesOf(content: unknown, path: string, inputName: string): readonly Box[] {
  const right = 'boxes are [[x0, y0, x1, y1], …] or {"boxes": […]} in pixels, x0 below x1 and y0 below y1';
  let found: unknown = isRecord(content) && 'boxes' in content ? content.boxes : content;
  if (Array.isArray(content) && content.some((entry) => isRecord(entry) && 'file' in entry)) {
    const entry = (content as unknown[]).find(
      (one) => isRecord(one) && basename(String(one.file)) === basename(inputName),
    );
    if (!isRecord(entry)) throw new UsageError(`${path} has no boxes for ${basename(inputName)}`);
    found = entry.boxes;
  }
  if (isBox(found)) found = [found];
  if (!Array.isArray(found) || found.length === 0 || !found.every(isBox)) throw new UsageError(`${path}: ${right}`);
  return found;
}
