import { defineMethod, layer, perChannel, scoresWithoutEach, SightlineError } from '@sightline/core/plugin';

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
      const without = await scoresWithoutEach(tail, { signal, progress });
      const alpha = perChannel(A, (k) => (score - without[k]!) / score); // eq. 3:  α_k = (F(A) − F(A∖k)) / F(A)
      return { map: kernels.weightedChannelSum(A, alpha), coefficients: alpha, extras: { score } };
    } finally {
      tail.close();
    }
  },
});
