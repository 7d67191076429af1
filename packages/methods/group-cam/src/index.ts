import {
  asLogit,
  asProbability,
  choice,
  defineMethod,
  gaussianTaps,
  integer,
  layer,
  planeMeans,
  tensor,
} from '@sightline/core/plugin';

/**
 * Group-CAM: channels weighted by their gradient are summed in groups, and a group counts for what the network sees through it
 * (Zhang, Rao and Yang 2021, https://arxiv.org/abs/2103.13859).
 *
 * A and its gradient are [1, K, h, w]. Groups of ⌈K / groups⌉ consecutive channels, G of them, make maps M_g = relu(Σ_k α_k A_k); the picture shows
 * through M_g, upsampled and brought to 0 … 1, and its blur elsewhere. A group weighs relu(p(x_g) − p(blur x)). The map
 * Σ_g w_g M_g is [h, w]; `extras.scores` [G] are the w_g. The abstract speaks of a de-noising step that the authors' code does not have;
 * nor does this. Where their code divides 0 by 0, for a group that is zero everywhere, its weight is 0.
 */
export default defineMethod({
  name: 'group-cam',
  title: 'Group-CAM',
  paper: 'https://arxiv.org/abs/2103.13859',
  needs: ['tap', 'maskedScore', 'score'],
  claims: ['non-negative'],
  options: {
    layer: layer(),
    groups: integer({ default: 32, min: 1, max: 65_536, description: 'into how many groups the channels go, at most' }),
    baseline: choice({
      default: 'blur',
      choices: ['blur', 'zero'],
      description: 'what shows where a mask hides the picture: its blur, 51 × 51 with σ 50, mirrored outside; zeros',
    }),
  },
  display: 'positive',
  async explain(model, input, target, options, { signal, progress, kernels }) {
    signal.throwIfAborted();
    const { activation: A, gradient } = await model.tap(input, asLogit(target), options.layer);
    const [, K, h, w] = A.dims as readonly [number, number, number, number];
    const each = Math.ceil(K / Math.min(options.groups, K)); // the last group may have fewer
    const G = Math.ceil(K / each);
    const alpha = planeMeans(gradient).data; // eq. 3
    const maps = tensor([G, h, w]);
    for (let k = 0; k < K; k++) {
      const g = Math.floor(k / each);
      for (let i = 0; i < h * w; i++) maps.data[g * h * w + i]! += alpha[k]! * A.data[k * h * w + i]!;
    }
    maps.data.forEach((v, i) => (maps.data[i] = Math.max(v, 0))); // eq. 4:  M_g = relu(Σ_k α_k A_k)

    signal.throwIfAborted();
    const hidden = options.baseline === 'blur' ? kernels.blur(input, gaussianTaps(50, 25)) : tensor(input.dims);
    const likely = asProbability(target);
    const [nothing] = await model.score(hidden, likely);
    progress(0.2, 'masking');
    signal.throwIfAborted();
    const seen = await model.maskedScore(input, likely, { maps }, hidden); // x_g = x ⊙ m_g + blur(x) ⊙ (1 − m_g)
    const weights = tensor(
      [G],
      seen.map((p) => Math.max(p - nothing!, 0)),
    );
    return { map: kernels.weightedChannelSum(maps, weights), extras: { scores: weights } };
  },
});
