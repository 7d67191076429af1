import { random } from '@sightline/core';
import { apply, conv, numbers, reshape, type Shaped } from '@sightline/core/graph';
import { size } from '../../packages/core/src/tensor/tensor.ts';

/** The layers that test networks are put together from. */

/** Weights out of a generator of their own: normal ones, `scale` wide. */
export function drawing(seed: number, scale = 1): (dims: readonly number[]) => Shaped {
  const rng = random(seed);
  return (dims) =>
    numbers(
      dims,
      Float32Array.from({ length: size(dims) }, () => scale * rng.normal()),
    );
}

/** Any odd kernel, as large a map out as in unless there is a stride. */
export function convolution(x: Shaped, weights: Shaped, bias?: Shaped, stride = 1): Shaped {
  const kernel = weights.dims.slice(2);
  const around = kernel.map((length) => (length - 1) / 2);
  return conv(
    x,
    weights,
    { kernel_shape: kernel, strides: [stride, stride], pads: [...around, ...around], dilations: [1, 1], group: 1 },
    bias,
  );
}

export const maxPool = (x: Shaped, kernel = 2, pad = 0): Shaped =>
  apply('MaxPool', [x], {
    ...{ kernel_shape: [kernel, kernel], strides: [2, 2], pads: [pad, pad, pad, pad], dilations: [1, 1] },
    ...{ ceil_mode: 0, storage_order: 0 },
  });

export const flat = (x: Shaped): Shaped => reshape(x, [x.dims[0]!, size(x.dims.slice(1))]);
export const gap = (x: Shaped): Shaped => flat(apply('GlobalAveragePool', [x]));
