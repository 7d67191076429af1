import type { RawKernels } from '@sightline/core/backend';
import { blur } from './blur.wgsl.ts';
import { colourMap } from './colour-map.wgsl.ts';
import { maskBlend } from './mask-blend.wgsl.ts';
import { minMax } from './min-max.wgsl.ts';
import { rank } from './rank.wgsl.ts';
import { reductions } from './reductions.wgsl.ts';
import { resize } from './resize.wgsl.ts';
import { riseAccumulate } from './rise-accumulate.wgsl.ts';
import { riseMasks } from './rise-masks.wgsl.ts';
import type { Twin } from './twin.ts';
import { weightedChannelSum } from './weighted-channel-sum.wgsl.ts';

/** Every kernel of packages/core/kernels in WGSL, on buffers: a kernel without its twin here does not compile. */
export const twins: { readonly [K in keyof RawKernels]: Twin<K> } = {
  blur,
  colourMap,
  maskBlend,
  minMax,
  rank,
  reductions,
  resize,
  riseAccumulate,
  riseMasks,
  weightedChannelSum,
};
export { run } from './runner.ts';
export type { GpuParameters, Step, Steps, Twin } from './twin.ts';
