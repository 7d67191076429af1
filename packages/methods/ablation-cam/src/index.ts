import { defineMethod, items, layer, SightlineError, tensor } from '@sightline/core/plugin';

/** How many channels go to the model at once: progress and cancelling work between two calls. */
const CHUNK = 512;

/**
 * Ablation-CAM: a channel counts for how much the score drops without it (Desai and Ramaswamy, WACV 2020,
 * https://openaccess.thecvf.com/content_WACV_2020/html/Desai_Ablation-CAM_Visual_Explanations_for_Deep_Convolutional_Network_via_Gradient-free_Localization_WACV_2020_paper.html).
 *
 * F is the network after the layer, A the layer's activation [1, K, h, w], A∖k the same with channel k zeroed. As in the paper the
 * drop is divided by the signed score, so a negative score turns the map over. The map is [h, w], before the ReLU; the
 * coefficients are the α_k, [K]; `extras.score` is F(A).
 */
export default defineMethod({
  name: 'ablation-cam',
  title: 'Ablation-CAM',
  paper:
    'https://openaccess.thecvf.com/content_WACV_2020/html/Desai_Ablation-CAM_Visual_Explanations_for_Deep_Convolutional_Network_via_Gradient-free_Localization_WACV_2020_paper.html',
  needs: ['tail'],
  claims: ['sensitive-to-target', 'signed'],
  options: { layer: layer() },
  display: 'positive',
  async explain(model, input, target, options, { signal, progress, kernels }) {
    signal.throwIfAborted();
    const tail = await model.tail(input, target, options.layer);
    try {
      const { activation: A, score } = tail;
      if (score === 0)
        throw new SightlineError('bad-target', 'ablation-cam divides by the score, which is 0 for this target');
      const K = A.dims[1]!;
      const keep = tensor([K, K], 1);
      for (let k = 0; k < K; k++) keep.data[k * K + k] = 0;
      const alpha = tensor([K]);
      for (let from = 0; from < K; from += CHUNK) {
        signal.throwIfAborted();
        const without = await tail.scores(items(keep, from, Math.min(from + CHUNK, K)));
        without.forEach((y, i) => (alpha.data[from + i] = (score - y) / score)); // eq. 3:  α_k = (F(A) − F(A∖k)) / F(A)
        progress((from + without.length) / K, 'ablating channels');
      }
      return { map: kernels.weightedChannelSum(A, alpha), coefficients: alpha, extras: { score } };
    } finally {
      tail.close();
    }
  },
});
