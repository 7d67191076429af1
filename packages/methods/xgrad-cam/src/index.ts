import { defineMethod, layer, number, planeProducts, planeSums, tensor } from '@sightline/core/plugin';

/**
 * XGrad-CAM: gradients averaged where the channel is active (Fu et al., BMVC 2020, https://arxiv.org/abs/2008.02312).
 *
 * The weights come closest to two axioms, sensitivity and conservation, at once. A and its gradient are [1, K, h, w]; the map is
 * [h, w], before the ReLU; the coefficients are the α_k, [K].
 */
export default defineMethod({
  name: 'xgrad-cam',
  title: 'XGrad-CAM',
  paper: 'https://arxiv.org/abs/2008.02312',
  needs: ['tap'],
  claims: ['sensitive-to-target', 'signed'],
  options: {
    layer: layer(),
    epsilon: number({
      default: 1e-6,
      min: 1e-30,
      max: 1,
      description: 'what is added to each channel’s sum, so that silent channels count for nothing',
    }),
  },
  display: 'positive',
  async explain(model, input, target, { layer, epsilon }, { signal, kernels }) {
    signal.throwIfAborted();
    const { activation: A, gradient } = await model.tap(input, target, layer);
    const [products, sums] = [planeProducts(A, gradient), planeSums(A)];
    // eq. 8:  α_k = Σ_ij (A^k_ij / Σ_ab A^k_ab) · ∂y/∂A^k_ij
    const alpha = tensor(
      products.dims,
      products.data.map((product, k) => product / (sums.data[k]! + epsilon)),
    );
    return { map: kernels.weightedChannelSum(A, alpha), coefficients: alpha };
  },
});
