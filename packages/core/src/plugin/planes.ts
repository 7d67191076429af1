import { size, tensor, type Tensor } from '../tensor/tensor.ts';

/*
 * A CAM is its coefficients: one number a channel of a layer, read off the layer's planes, and then the sum of the planes by
 * these numbers (`kernels.weightedChannelSum`). Layers are [1, K, h, w]; the sums run in double precision.
 */

/** One number a channel, [K]: `of` gets the channel and where its plane begins and ends in the layer's data. */
export function perChannel(layer: Tensor, of: (k: number, from: number, to: number) => number): Tensor {
  const K = layer.dims.at(-3)!;
  const Z = size(layer.dims.slice(-2));
  return tensor(
    [K],
    Float32Array.from({ length: K }, (_, k) => of(k, k * Z, (k + 1) * Z)),
  );
}

/** Σ_ij X^k_ij, [K]. */
export const planeSums = (X: Tensor): Tensor => perChannel(X, (_, from, to) => sum(X.data, from, to));

/** 1/Z Σ_ij X^k_ij, [K]; Z is the number of positions. */
export const planeMeans = (X: Tensor): Tensor => perChannel(X, (_, from, to) => sum(X.data, from, to) / (to - from));

/** Σ_ij X^k_ij · Y^k_ij, [K]. */
export const planeProducts = (X: Tensor, Y: Tensor): Tensor =>
  perChannel(X, (_, from, to) => {
    let total = 0;
    for (let i = from; i < to; i++) total += X.data[i]! * Y.data[i]!;
    return total;
  });

/** One number a position, [h, w]: the sum over the channels of `of` at each element of the layer. */
export function overChannels(layer: Tensor, of: (i: number) => number): Tensor {
  const [h, w] = layer.dims.slice(-2) as [number, number];
  const totals = new Float64Array(h * w);
  for (let i = 0; i < layer.data.length; i++) totals[i % totals.length]! += of(i);
  return tensor([h, w], Float32Array.from(totals));
}

function sum(data: Float32Array, from: number, to: number): number {
  let total = 0;
  for (let i = from; i < to; i++) total += data[i]!;
  return total;
}
