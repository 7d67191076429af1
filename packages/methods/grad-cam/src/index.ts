import { defineMethod, layer, tensor } from '@sightline/core/plugin';

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
    const [, K, h, w] = A.dims as readonly [number, number, number, number];
    const Z = h * w;
    const alpha = tensor([K]);
    for (let k = 0; k < K; k++) {
      let sum = 0;
      for (let i = 0; i < Z; i++) sum += gradient.data[k * Z + i]!;
      alpha.data[k] = sum / Z; // eq. 1:  α_k = 1/Z Σ_ij ∂y/∂A^k_ij
    }
    const map = kernels.weightedChannelSum(A, alpha); // eq. 2:  L = Σ_k α_k A^k
    return { map, coefficients: alpha };
  },
});
