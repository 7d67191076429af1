import { defineMethod, layer, planeProducts, tensor } from '@sightline/core/plugin';

/**
 * WGrad-CAM: gradients weighted by the activation at the same place (Zhang, Rao and Yang, AAAI 2021,
 * “A Novel Visual Interpretability for Deep Neural Networks by Optimizing Activation Maps with Perturbation”).
 *
 * A definition of LOW CONFIDENCE: the paper's text was not at hand, and public code disagrees (one implementation also brings
 * the α over all channels to 0 … 1). This is α_k = 1/Z Σ_ij A^k_ij · ∂y/∂A^k_ij with no such step. A and its gradient are
 * [1, K, h, w]; the map is [h, w], before the ReLU; the coefficients are the α_k, [K].
 */
export default defineMethod({
  name: 'wgrad-cam',
  title: 'WGrad-CAM',
  paper: 'https://ojs.aaai.org/index.php/AAAI',
  needs: ['tap'],
  claims: ['sensitive-to-target', 'signed'],
  options: { layer: layer() },
  display: 'positive',
  async explain(model, input, target, options, { signal, kernels }) {
    signal.throwIfAborted();
    const { activation: A, gradient } = await model.tap(input, target, options.layer);
    const [, , h, w] = A.dims as readonly [number, number, number, number];
    const sums = planeProducts(A, gradient);
    const alpha = tensor(
      sums.dims,
      sums.data.map((sum) => sum / (h * w)),
    ); // α_k = 1/Z Σ_ij A^k_ij · ∂y/∂A^k_ij
    return { map: kernels.weightedChannelSum(A, alpha), coefficients: alpha };
  },
});
