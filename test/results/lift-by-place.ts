import { defineMethod, layer, overChannels } from '../../packages/core/src/plugin/index.ts';

/** No CAM, but what LIFT-CAM's coefficients are sums of: each place's own share, Σ_k m ⊙ A, not weighted by its channel's strength again. */
export const liftByPlace = defineMethod({
  name: 'lift-by-place',
  title: 'LIFT by place',
  paper: 'https://arxiv.org/abs/2102.05228',
  needs: ['multipliers'],
  claims: [],
  options: { layer: layer() },
  display: 'positive',
  async explain(model, input, target, options) {
    const { activation: A, multipliers: m } = await model.multipliers(input, target, options.layer);
    return { map: overChannels(A, (i) => m.data[i]! * A.data[i]!) };
  },
});
