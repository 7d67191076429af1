import { choice, defineMethod, layer, perChannel } from '@sightline/core/plugin';

/**
 * Grad-CAM++: positions with a positive gradient weigh by how much of the score a change there could explain
 * (Chattopadhay et al., WACV 2018, https://arxiv.org/abs/1710.11063).
 *
 * With the score Y = exp(y), the higher derivatives of eq. 19 are powers of g = ∂y/∂A, and exp(y) cancels in the α^k_ij; the
 * common factor exp(y) of the weights is left out, as it cancels in every normalised map. A and g are [1, K, h, w]; the map is
 * [h, w], before the ReLU; the coefficients are the w_k, [K].
 */
export default defineMethod({
  name: 'grad-cam-plus-plus',
  title: 'Grad-CAM++',
  paper: 'https://arxiv.org/abs/1710.11063',
  needs: ['tap'],
  claims: ['sensitive-to-target'],
  options: {
    layer: layer(),
    variant: choice({
      default: 'official',
      choices: ['official', 'unnormalised', 'torch-cam'],
      description:
        'official: the α of a channel add up to 1; unnormalised: they do not (pytorch-grad-cam); torch-cam: nor do they, and the third derivative is weighted by A where it is taken',
    }),
  },
  display: 'positive',
  async explain(model, input, target, { layer, variant }, { signal, kernels }) {
    signal.throwIfAborted();
    const { activation: A, gradient } = await model.tap(input, target, layer);
    const [a, g] = [A.data, gradient.data];
    const epsilon = { official: 0, unnormalised: 1e-6, 'torch-cam': 1e-8 }[variant];

    const w = perChannel(gradient, (_, from, to) => {
      let sum = 0; // Σ_ab A_ab, or Σ_ab A_ab · g³_ab
      for (let i = from; i < to; i++) sum += variant === 'torch-cam' ? a[i]! * g[i]! ** 3 : a[i]!;
      let [total, weighted] = [0, 0];
      for (let i = from; i < to; i++) {
        if (g[i]! <= 0) continue; // relu(∂Y/∂A_ij)
        const third = variant === 'torch-cam' ? sum : sum * g[i]! ** 3;
        const alpha = g[i]! ** 2 / (2 * g[i]! ** 2 + third + epsilon || 1); // eq. 19
        total += alpha;
        weighted += alpha * g[i]!; // eq. 5:  w_k = Σ_ij α^k_ij · relu(∂Y/∂A^k_ij)
      }
      return variant === 'official' ? weighted / (total || 1) : weighted;
    });
    return { map: kernels.weightedChannelSum(A, w), coefficients: w };
  },
});
