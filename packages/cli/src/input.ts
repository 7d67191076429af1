import type { AnyTensor, AttributionData, Input, ModelSummary, Picture, Preprocessing, Tensor } from '@sightline/core';
import { UsageError } from './errors.ts';
import { read } from './files.ts';
import { embedded, type ModelFile, type Session } from './model.ts';
import { isNpy, readNpy } from './npy.ts';
import { decodePicture } from './pictures.ts';

/** INPUT: a picture, a preprocessed .npy, or a drawn scene for the embedded model. */
export async function readInput(name: string, model: string): Promise<Input> {
  const scene = /^scene:(.*)$/.exec(name);
  if (scene) return drawn(scene[1]!, model);
  const bytes = await read(name, 'the input');
  return isNpy(bytes) ? checkedInput(readNpy(bytes, name), name) : decodePicture(bytes, name);
}

async function drawn(seed: string, model: string): Promise<Picture> {
  if (model !== embedded)
    throw new UsageError(`scene:${seed} is a picture for the model ${embedded}, not for ${model}`);
  if (!/^\d{1,9}$/.test(seed)) throw new UsageError(`scene: takes a whole number, like scene:1, not 'scene:${seed}'`);
  const { drawScene } = await import('@sightline/scenes');
  return drawScene(Number(seed)).picture;
}

function checkedInput(found: AnyTensor, name: string): Tensor {
  if (found.type !== 'float32')
    throw new UsageError(`${name} holds ${found.type}: an input is float32, array.astype('float32')`);
  const shape = found.dims.join(', ');
  if (found.dims.length !== 4 || found.dims[0] !== 1)
    throw new UsageError(`${name} is [${shape}]: an input is [1, C, H, W], preprocessed`);
  return finite(found, name);
}

/** Throws where a number is not one. */
export function finite(tensor: Tensor, name: string): Tensor {
  const at = tensor.data.findIndex((value) => !Number.isFinite(value));
  if (at >= 0)
    throw new UsageError(
      `${name} has ${tensor.data[at]} at element ${at} of [${tensor.dims.join(', ')}]: every number must be finite`,
    );
  return tensor;
}

/** A map from a file, as float32. */
export async function readMap(path: string): Promise<Tensor> {
  const found = readNpy(await read(path, 'the map'), path);
  if (found.dims.length < 2 || found.dims.length > 3 || found.dims.includes(0)) {
    throw new UsageError(`${path} is [${found.dims.join(', ')}]: a map is [h, w] or [C, H, W]`);
  }
  const data =
    found.type === 'float32' ? found.data : Float32Array.from(found.data as ArrayLike<number | bigint>, Number);
  return finite({ type: 'float32', dims: found.dims, data }, path);
}

export const isPicture = (input: Input): input is Picture => 'width' in input;

/** What a picture went through, for whoever reads the numbers later; null where a tensor was handed over. */
export function preprocessed(
  input: Input,
  { summary }: Session,
  { preprocessingFrom }: ModelFile,
): { preprocessing: Preprocessing | null; preprocessingFrom: string } {
  return isPicture(input)
    ? { preprocessing: summary.preprocessing, preprocessingFrom }
    : { preprocessing: null, preprocessingFrom: 'the input, which is preprocessed already' };
}

/** What a preprocessed tensor was made of, as far as bytes can show it. */
export function asPicture(input: AttributionData['input'], { preprocessing }: ModelSummary): Picture {
  const [, channels, height, width] = input.dims as readonly [number, number, number, number];
  const { mean255, std255, channelOrder } = preprocessing;
  const pixels = height * width;
  const data = new Uint8ClampedArray(pixels * 4);
  for (let p = 0; p < pixels; p++) {
    for (let c = 0; c < 3; c++) {
      const own = Math.min(channelOrder === 'BGR' ? 2 - c : c, channels - 1);
      data[4 * p + c] = input.data[own * pixels + p]! * (std255[own] ?? std255[0]!) + (mean255[own] ?? mean255[0]!);
    }
    data[4 * p + 3] = 255;
  }
  return { width, height, data };
}
