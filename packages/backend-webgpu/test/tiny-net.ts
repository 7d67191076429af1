import { apply, conv, gemm, input, numbers, relu, reshape, writeOnnx, type Shaped } from '@sightline/core/graph';
import { random, size, tensor, type Tensor } from '@sightline/core/tensor';

/** A picture's size: such that no two tensors of a RISE run with 4 cells and 16 masks a batch are equally long. */
export const side = 20;
/** Two convolutions, a pool and a linear layer: as small as a classifier of pictures can be, for GPUs that are a CPU. */
export function tinyNet(): Uint8Array {
  const { next } = random(9);
  const weights = (...dims: number[]): Shaped =>
    numbers(
      dims,
      Array.from({ length: size(dims) }, () => (2 * next() - 1) / Math.sqrt(size(dims.slice(1)))),
    );
  const window = { kernel_shape: [3, 3], strides: [1, 1], dilations: [1, 1], pads: [1, 1, 1, 1], group: 1 };
  const x = input('picture', [1, 3, side, side]);
  const first = relu(conv(x, weights(6, 3, 3, 3), { ...window, strides: [2, 2] }));
  const second = relu(conv(first, weights(8, 6, 3, 3), window));
  const pooled = reshape(apply('GlobalAveragePool', [second]), [1, 8]);
  return writeOnnx({ inputs: [x], outputs: { logits: gemm(pooled, weights(5, 8), true) } });
}

export const tinyPicture = (seed: number): Tensor => {
  const { next: draw } = random(seed);
  return tensor(
    [1, 3, side, side],
    Array.from({ length: 3 * side * side }, () => 2 * draw() - 1),
  );
};
