import { defineMethod, layer, number, planeSums } from '@sightline/core/plugin';

/**
 * LRP-CAM: the channels of a layer, weighted by the relevance that the score hands down to them (Jung and Oh, ICCV 2021,
 * https://arxiv.org/abs/2102.05228; LRP: Bach et al. 2015, https://doi.org/10.1371/journal.pone.0130140).
 *
 * One backward walk through the network after the layer with LRP-ε at every node, as captum has it. A and its relevance R are
 * [1, K, h, w]; the α_k add up to the score less what the biases keep. The map is [h, w], before the ReLU; the coefficients are
 * the α_k, [K].
 */
export default defineMethod({
  name: 'lrp-cam',
  title: 'LRP-CAM',
  paper: 'https://arxiv.org/abs/2102.05228',
  needs: ['relevance'],
  claims: ['sensitive-to-target', 'signed'],
  options: {
    layer: layer(),
    epsilon: number({ default: 1e-9, min: 0, max: 1, description: 'ε, what keeps denominators away from 0' }),
  },
  display: 'positive',
  async explain(model, input, target, { layer, epsilon }, { signal, kernels }) {
    signal.throwIfAborted();
    const { activation: A, relevance: R } = await model.relevance(input, target, layer, { name: 'epsilon', epsilon });
    const alpha = planeSums(R); // α_k = Σ_ij R^k_ij
    return { map: kernels.weightedChannelSum(A, alpha), coefficients: alpha };
  },
});
