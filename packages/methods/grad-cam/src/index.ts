import { defineMethod, layer, planeMeans } from '@sightline/core/plugin';

/**
 * Grad-CAM: the channels of a layer, weighted by how much the target leans on each
 * (Selvaraju et al., ICCV 2017, https://arxiv.org/abs/1610.02391).
 *
 * A and its gradient are [1, K, h, w]. The map is [h, w], before the ReLU of eq. 2, so its negative numbers are evidence
 * against the target; the coefficients are the α_k, [K]. The target is a logit unless the caller says otherwise.
 */
export default defineMethod({
  name: 'grad-cam',
  title: 'Grad-CAM',
  paper: 'https://arxiv.org/abs/1610.02391',
  needs: ['tap'],
  claims: ['sensitive-to-target', 'signed'],
  options: { layer: layer() },
  display: 'positive',
  async explain(model, input, target, options, { signal, kernels }) {
    signal.throwIfAborted();
    const { activation: A, gradient } = await model.tap(input, target, options.layer);
    const alpha = planeMeans(gradient); // eq. 1:  α_k = 1/Z Σ_ij ∂y/∂A^k_ij
    const map = kernels.weightedChannelSum(A, alpha); // eq. 2:  L = Σ_k α_k A^k
    return { map, coefficients: alpha };
  },
});
