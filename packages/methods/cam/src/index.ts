import { defineMethod, layer } from '@sightline/core/plugin';

/**
 * CAM: the channels of the last layer, weighted by the class's own weights (Zhou et al., CVPR 2016, https://arxiv.org/abs/1512.04150).
 *
 * Only where the network ends in global average pooling and one fully connected layer (a class map a class counts as one with
 * weights of 0 and 1): S_c = Σ_k w_ck · mean A_k + b_c. The bias is left out, as in the paper. Other heads are refused with the op
 * that makes them so. A is [1, K, h, w]; the map M_c is [h, w], before any ReLU; the coefficients are the w_ck, [K].
 */
export default defineMethod({
  name: 'cam',
  title: 'CAM',
  paper: 'https://arxiv.org/abs/1512.04150',
  needs: ['classWeights', 'activation'],
  claims: ['sensitive-to-target', 'signed'],
  options: { layer: layer() },
  display: 'positive',
  async explain(model, input, target, options, { signal, kernels }) {
    signal.throwIfAborted();
    const w = await model.classWeights(target, options.layer);
    signal.throwIfAborted();
    const A = await model.activation(input, options.layer);
    return { map: kernels.weightedChannelSum(A, w), coefficients: w }; // eq. 2:  M_c = Σ_k w_ck A_k
  },
});
