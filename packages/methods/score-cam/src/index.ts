import { asProbability, defineMethod, inParts, layer, tensor } from '@sightline/core/plugin';

/** How many masks go to the model at once: progress and cancelling work between two calls. */
const CHUNK = 64;

/**
 * Score-CAM: a channel counts for what the network still sees through it (Wang et al., CVPR Workshops 2020,
 * https://arxiv.org/abs/1910.01279).
 *
 * H_k is the activation A_k upsampled to the picture's size and brought to 0 … 1, and the weight is the probability of the class
 * in x ⊙ H_k. As the authors' code has it: no score of a baseline is subtracted, there is no softmax over the channels, and a
 * constant channel weighs 0. A is [1, K, h, w]; the map Σ_k w_k A_k is [h, w]; the coefficients are the w_k, [K].
 */
export default defineMethod({
  name: 'score-cam',
  title: 'Score-CAM',
  paper: 'https://arxiv.org/abs/1910.01279',
  needs: ['activation', 'maskedScore'],
  claims: ['sensitive-to-target'],
  options: { layer: layer() },
  display: 'positive',
  async explain(model, input, target, options, { signal, progress, kernels }) {
    signal.throwIfAborted();
    const A = await model.activation(input, options.layer);
    const [, K, h, w] = A.dims as readonly [number, number, number, number];
    const H = kernels.minMax(A, K); // a constant channel is 0 throughout
    const channels = [...Array(K).keys()].filter((k) => H.data.subarray(k * h * w, (k + 1) * h * w).includes(1));

    const weights = tensor([K]);
    await inParts(channels.length, CHUNK, { signal, progress }, 'masks', async (from, to) => {
      const some = channels.slice(from, to);
      const maps = tensor([some.length, h, w]);
      some.forEach((k, n) => maps.data.set(A.data.subarray(k * h * w, (k + 1) * h * w), n * h * w));
      const scores = await model.maskedScore(input, asProbability(target), { maps }); // eq. 5:  S_k = f(X ∘ H_k)
      some.forEach((k, n) => (weights.data[k] = scores[n]!));
    });
    return { map: kernels.weightedChannelSum(A, weights), coefficients: weights };
  },
});
