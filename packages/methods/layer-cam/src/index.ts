import { defineMethod, layers, number, overChannels, tensor } from '@sightline/core/plugin';
import type { Tensor } from '@sightline/core/plugin';

/**
 * LayerCAM: each place of each channel has its own weight, so shallow layers make maps too (Jiang et al., IEEE TIP 2021,
 * https://doi.org/10.1109/TIP.2021.3089943).
 *
 * One layer: the map is [h, w] on its grid. Several: each layer's map is cut at 0, scaled by tanh (the paper scales
 * the shallow ones only, without saying which those are), brought to the size of the picture, and the largest of them is taken
 * at each pixel, [H, W].
 */
export default defineMethod({
  name: 'layer-cam',
  title: 'LayerCAM',
  paper: 'https://doi.org/10.1109/TIP.2021.3089943',
  needs: ['tap'],
  claims: ['sensitive-to-target'],
  options: {
    layer: layers(),
    gamma: number({
      default: 2,
      min: 0.01,
      max: 100,
      description: 'γ, how steeply tanh scales each layer’s map before several are fused; one layer is not scaled',
    }),
  },
  display: 'positive',
  async explain(model, input, target, { layer: names, gamma }, { signal, progress, kernels }) {
    const [, , H, W] = input.dims as readonly [number, number, number, number];
    const maps: Tensor[] = [];
    for (const name of names) {
      signal.throwIfAborted();
      const { activation: A, gradient: g } = await model.tap(input, target, name);
      maps.push(overChannels(A, (i) => Math.max(g.data[i]!, 0) * A.data[i]!)); // eq. 6, 7:  M = Σ_k relu(g^k) ⊙ A^k
      progress(maps.length / names.length, name);
    }
    if (maps.length === 1) return { map: maps[0]! };

    const fused = tensor([H, W]);
    for (const M of maps) {
      const largest = Math.max(kernels.reductions(M).max, 0);
      // eq. 9:  tanh(γ · M / max M)
      const scaled = M.data.map((v) => (largest > 0 ? Math.tanh((gamma * Math.max(v, 0)) / largest) : 0));
      const { data } = kernels.resize(tensor(M.dims, scaled), [H, W]);
      fused.data.forEach((v, i) => (fused.data[i] = Math.max(v, data[i]!)));
    }
    return { map: fused };
  },
});
