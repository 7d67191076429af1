import { choice, defineMethod, layer, overChannels, tensor } from '@sightline/core/plugin';

/**
 * NormGrad: at each position, how far one step of training there would move the weights of a 1 × 1 convolution
 * (Rebuffi et al., CVPR 2020, https://arxiv.org/abs/2004.02866).
 *
 * The gradient to such weights is a sum of outer products g_u a_uᵀ over positions u, and the Frobenius norm of each term is
 * ‖g_u‖ · ‖a_u‖, with norms over the channels. `selective` keeps what speaks for the target: ‖relu(a_u ⊙ g_u)‖. The map is [h, w].
 */
export default defineMethod({
  name: 'norm-grad',
  title: 'NormGrad',
  paper: 'https://arxiv.org/abs/2004.02866',
  needs: ['tap'],
  claims: ['sensitive-to-target', 'non-negative'],
  options: {
    layer: layer(),
    variant: choice({
      default: 'plain',
      choices: ['plain', 'selective'],
      description: 'plain: ‖g‖ · ‖a‖; selective: ‖relu(a ⊙ g)‖, only what speaks for the target',
    }),
  },
  display: 'positive',
  async explain(model, input, target, { layer, variant }, { signal }) {
    signal.throwIfAborted();
    const { activation: A, gradient } = await model.tap(input, target, layer);
    const [a, g] = [A.data, gradient.data];
    if (variant === 'selective') {
      const squares = overChannels(A, (i) => Math.max(a[i]! * g[i]!, 0) ** 2);
      return { map: tensor(squares.dims, squares.data.map(Math.sqrt)) };
    }
    const [gradients, activations] = [overChannels(A, (i) => g[i]! ** 2), overChannels(A, (i) => a[i]! ** 2)];
    return {
      map: tensor(
        gradients.dims,
        gradients.data.map((v, u) => Math.sqrt(v) * Math.sqrt(activations.data[u]!)),
      ),
    };
  },
});
