import type { AnyTensor, Picture } from '@sightline/core';
import { drawPair, drawScene, preprocessing, type SceneObject } from '@sightline/scenes';

/** A network sees a few hundred pixels; more than this would only cost memory. */
const LONGEST = 2048;

export interface NamedPicture {
  readonly name: string;
  readonly picture: Picture;
  /** Where the object of a class is, pixel by pixel: known of what was drawn here, [H, W] with 1 inside. */
  truth?(index: number): AnyTensor | undefined;
}

/** Decodes a file. Throws with a sentence for the user. */
export async function decode(file: File): Promise<NamedPicture> {
  let bitmap: ImageBitmap;
  try {
    bitmap = await createImageBitmap(file);
  } catch {
    throw new Error(
      `${file.name} could not be read as a picture: this browser knows PNG, JPEG, WebP, GIF and a few more.`,
    );
  }
  const scale = Math.min(1, LONGEST / Math.max(bitmap.width, bitmap.height));
  const [width, height] = [
    Math.max(1, Math.round(bitmap.width * scale)),
    Math.max(1, Math.round(bitmap.height * scale)),
  ];
  const canvas = new OffscreenCanvas(width, height);
  const context = canvas.getContext('2d', { willReadFrequently: true });
  if (!context) throw new Error('This browser gives no canvas to decode pictures with.');
  // What is transparent would turn black.
  context.fillStyle = '#fff';
  context.fillRect(0, 0, width, height);
  context.drawImage(bitmap, 0, 0, width, height);
  bitmap.close();
  return { name: file.name, picture: context.getImageData(0, 0, width, height) };
}

export function scene(seed: number): NamedPicture {
  const drawn = drawScene(seed);
  return { name: `scene ${seed}`, picture: drawn.picture, truth: (index) => truthOf([drawn], index) };
}
export function pair(seed: number): NamedPicture {
  const { picture, objects } = drawPair(seed);
  return { name: `pair ${seed}`, picture, truth: (index) => truthOf(objects, index) };
}

function truthOf(objects: readonly SceneObject[], index: number): AnyTensor | undefined {
  const object = objects.find(({ label }) => label === index);
  return object && { type: 'uint8', dims: [...preprocessing.size], data: object.mask };
}
