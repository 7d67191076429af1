export { drawPair, drawScene, mostHidden } from './draw.ts';
export type { Distractor, PairScene, Picture, Scene, SceneObject, SceneOptions } from './draw.ts';
export { classNames } from './classes.ts';
export type { ClassName } from './classes.ts';
export type { DistractorKind } from './distractors.ts';
export type { Box, Mask } from './canvas.ts';
export type { Texture } from './texture.ts';

/** How a picture becomes the network's input, in core's form: (value − 128) / 64 in each channel. */
export const preprocessing = {
  size: [64, 64],
  channelOrder: 'RGB',
  mean255: [128, 128, 128],
  std255: [64, 64, 64],
  fit: 'stretch',
  cropFraction: 1,
} as const;

/** The trained classifier: `input` [N, 3, 64, 64] → `logits` [N, 8]. */
export const modelUrl = new URL('../model/scenes.onnx', import.meta.url);
