import { defineMethod, integer, layer, tensor } from '@sightline/core/plugin';
import type { Tensor } from '@sightline/core/plugin';

/** How many channels are brought to the picture's size at once: all of them together would take gigabytes. */
const CHUNK = 16;

/**
 * CAMERAS: activations and gradients of the picture at several sizes, averaged before they meet
 * (Jalwana et al., CVPR 2021, https://arxiv.org/abs/2106.10649).
 *
 * At each size ζ_m = H + m · step the picture is enlarged (bicubic; W by as many pixels, so that only a square one keeps its
 * shape) and the layer tapped: A_m and g_m, [1, K, h_m, w_m]. Their upsampled means A and g multiply position by position. The
 * map Σ_k A_k ⊙ g_k is [H, W], before the ReLU. Needs a network that takes pictures of other sizes: global pooling, no fixed
 * reshapes.
 */
export default defineMethod({
  name: 'cameras',
  title: 'CAMERAS',
  paper: 'https://arxiv.org/abs/2106.10649',
  needs: ['tapAtSize'],
  claims: ['sensitive-to-target', 'signed'],
  options: {
    layer: layer(),
    sizes: integer({ default: 8, min: 1, max: 32, description: 'N, at how many sizes, the picture’s own the first' }),
    step: integer({
      default: 100,
      min: 1,
      max: 4096,
      description: 'how many pixels a size has more than the one before',
    }),
  },
  display: 'positive',
  async explain(model, input, target, options, { signal, progress, kernels }) {
    const [, , H, W] = input.dims as readonly [number, number, number, number];
    const taps: { readonly activation: Tensor; readonly gradient: Tensor }[] = [];
    for (let m = 0; m < options.sizes; m++) {
      signal.throwIfAborted();
      const longer = m * options.step;
      const picture = m === 0 ? input : kernels.resize(input, [H + longer, W + longer], 'bicubic');
      taps.push(await model.tapAtSize(picture, target, options.layer));
      progress((0.8 * (m + 1)) / options.sizes, `${H + longer} × ${W + longer}`);
    }
    const K = taps[0]!.activation.dims[1]!;
    const sums = new Float64Array(H * W);
    for (let from = 0; from < K; from += CHUNK) {
      signal.throwIfAborted();
      const channels = [from, Math.min(from + CHUNK, K)] as const;
      const A = enlargedSum(
        taps.map(({ activation }) => activation),
        channels,
      ); // eq. 2, times N
      const g = enlargedSum(
        taps.map(({ gradient }) => gradient),
        channels,
      ); // eq. 3, times N
      for (let i = 0; i < A.length; i++) sums[i % sums.length]! += A[i]! * g[i]!; // eq. 4:  Σ_k A_k ⊙ g_k
      progress(0.8 + (0.2 * channels[1]) / K, 'adding channels');
    }
    return {
      map: tensor(
        [H, W],
        Float32Array.from(sums, (sum) => sum / options.sizes ** 2),
      ),
    };

    /** The channels `from` to `to` of every layer, brought to [H, W] and added. */
    function enlargedSum(layers: readonly Tensor[], [from, to]: readonly [number, number]): Float32Array {
      const total = new Float32Array((to - from) * H * W);
      for (const { dims, data } of layers) {
        const [h, w] = dims.slice(2) as [number, number];
        const some = tensor([to - from, h, w], data.subarray(from * h * w, to * h * w));
        kernels.resize(some, [H, W]).data.forEach((v, i) => (total[i]! += v));
      }
      return total;
    }
  },
});
