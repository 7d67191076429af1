export { near, SightlineError, type ErrorCode } from './errors.ts';
export * from './tensor/tensor.ts';
export { random, type Random } from './tensor/random.ts';
export { asLogit, asProbability, classTarget, contrast, weightsOf, type Target } from './model/target.ts';
export { defaultPreprocessing, preprocess, type Picture, type Preprocessing } from './model/preprocessing.ts';
export type { AnyMasks, MapMasks, Masks, Model, ModelInfo, Tail } from './model/model.ts';
export type * from './backend/backend.ts';
export { defineBackend, type BackendChoice, type DefinedBackend } from './backend/define.ts';
export type { Kernels } from './backend/kernels.ts';
export { cpu, type RuntimeOptions } from './backend/cpu/index.ts';
export { Engine, type EngineOptions } from './engine/engine.ts';
export type * from './engine/types.ts';
export { pictureOf, type PagePicture } from './engine/page-picture.ts';
export { Attribution, type DrawOptions } from './engine/attribution.ts';
export {
  createExplainer,
  type Explainer,
  type ExplainerOptions,
  type InputOptions,
  type JobOptions,
  type ModelSource,
  type PageEvaluation,
  type PageInput,
  type PluginReference,
  type PluginSource,
} from './worker/client.ts';
