export { defineMethod, defineMetric } from './define.ts';
export { boolean, choice, integer, layer, layers, number, seed, tensorOption } from './options.ts';
export { overChannels, perChannel, planeMeans, planeProducts, planeSums } from './planes.ts';
export type * from './options.ts';
export type * from './types.ts';
export { SightlineError } from '../errors.ts';
export { items, size, tensor, type AnyTensor, type Tensor } from '../tensor/tensor.ts';
export { weightsOf, type Target } from '../model/target.ts';
export { areaUnder, pixelShares, pixelSteps } from './curves.ts';
