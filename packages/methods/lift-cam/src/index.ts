import { defineMethod, layer, planeProducts } from '@sightline/core/plugin';

/**
 * LIFT-CAM: the channels of a layer, weighted by their DeepLIFT share of the score
 * (Jung and Oh, ICCV 2021, https://arxiv.org/abs/2102.05228).
 *
 * One backward pass through F, the network after the layer, with the multipliers m of DeepLIFT's Rescale rule against a layer
 * of zeros. The α_k approximate the SHAP values of the channels and add up exactly: Σ_k α_k = F(A) − F(0). On a linear F
 * (global average pooling and one fully connected layer) they are the SHAP values.
 *
 * A and m are [1, K, h, w]. The map is [h, w], before the ReLU; the coefficients are the α_k, [K].
 */
export default defineMethod({
  name: 'lift-cam',
  title: 'LIFT-CAM',
  paper: 'https://arxiv.org/abs/2102.05228',
  needs: ['multipliers'],
  claims: ['efficiency', 'sensitive-to-target', 'signed'],
  options: { layer: layer() },
  display: 'positive',
  async explain(model, input, target, options, { signal, kernels }) {
    signal.throwIfAborted();
    const { activation: A, multipliers: m } = await model.multipliers(input, target, options.layer);
    const alpha = planeProducts(m, A); // α_k = Σ_ij C(ΔA^k_ij), C(ΔA) = m · (A − 0)
    const map = kernels.weightedChannelSum(A, alpha); // L = Σ_k α_k A^k
    return { map, coefficients: alpha };
  },
});
