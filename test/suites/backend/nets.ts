import { tensor, type Tensor } from '@sightline/core';
import { preprocess } from '../../../packages/core/src/model/preprocessing.ts';
import type { Method } from '../../../packages/core/src/plugin/types.ts';
import { drawScene, modelUrl, preprocessing } from '../../../packages/scenes/src/index.ts';
import { parseNpy } from '../../golden/npy-format.ts';
import type { Net } from './methods.ts';

/** Every method there is: the test server finds them by their folders. */
const list = '/methods.js';
export const allMethods = async (): Promise<readonly Method[]> =>
  ((await import(list)) as { default: Method[] }).default;

export async function bytesAt(url: string | URL): Promise<Uint8Array> {
  const response = await fetch(url);
  if (!response.ok) throw new Error(`${String(url)}: ${response.status}`);
  return new Uint8Array(await response.arrayBuffer());
}

/** Why networks and reference numbers from beside the project are not there, if they are not. */
export async function sharedMissing(): Promise<string | undefined> {
  const { ok } = await fetch('/shared/golden/README.md');
  return ok ? undefined : 'no reference numbers beside the project (../shared)';
}

/** The project's own network, on a drawn scene. */
export const scenes = (methods: readonly Method[]): Net => ({
  name: 'scenes',
  methods,
  load: async () => ({
    model: await bytesAt(modelUrl),
    picture: preprocess(drawScene(4).picture, preprocessing).input,
  }),
});

/** The tiny trained networks: each head and module there is, small enough for every method on a software GPU. */
export const tinyNames = ['tiny-vgg', 'tiny-resnet', 'tiny-dense', 'tiny-mobile'] as const;
export const tiny = (name: (typeof tinyNames)[number], methods: readonly Method[], missing?: string): Net => ({
  name,
  missing,
  methods,
  load: async () => ({
    model: await bytesAt(`/shared/golden/tiny/${name}/model.onnx`),
    picture: await pictureAt(`/shared/golden/tiny/${name}/input.npy`),
  }),
});

/** A network whose pictures and answers are kept beside the project; these methods stand for what a method asks of a network. */
export const stored = (
  name: string,
  model: string,
  folder: string,
  methods: readonly Method[],
  missing?: string,
): Net => ({
  name,
  missing,
  methods: methods.filter((method) => ['grad-cam', 'lift-cam', 'integrated-gradients', 'rise'].includes(method.name)),
  load: async () => ({
    model: await bytesAt(`/shared/models/${model}`),
    picture: await pictureAt(`/shared/golden/${folder}/input.npy`),
  }),
});

export async function pictureAt(url: string): Promise<Tensor> {
  const { dims, data } = parseNpy(await bytesAt(url));
  return tensor(dims, Float32Array.from(data));
}
