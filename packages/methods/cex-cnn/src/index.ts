import {
  asProbability,
  choice,
  defineMethod,
  layer,
  number,
  perChannel,
  scoresWithoutEach,
  tensor,
} from '@sightline/core/plugin';

/**
 * CexCNN: the filters that a decision depends on, found by deleting each (Debbi, ECML PKDD 2021,
 * https://doi.org/10.1007/978-3-030-86520-7_39; Halpern and Pearl's causality).
 *
 * Δ_f is the probability that the class loses when filter f of the layer is zeroed. `delta` keeps the filters with Δ_f ≥ τ;
 * `responsibility` also gives the others with Δ_f > 0 a share, 1 / (w + 1), where w is how many more filters had to go with f to
 * lose τ; where all that lose anything lose less than τ together, no weight is above 0. The authors set τ by hand for each
 * class; here it is a number, or else a quantile of the Δ. The map [h, w] is the mean
 * over all channels of the weighted activations; the coefficients [K] are these weights; `extras.delta` [K] and `extras.threshold`.
 */
export default defineMethod({
  name: 'cex-cnn',
  title: 'CexCNN',
  paper: 'https://doi.org/10.1007/978-3-030-86520-7_39',
  needs: ['tail'],
  claims: [],
  options: {
    layer: layer(),
    variant: choice({
      default: 'delta',
      choices: ['delta', 'responsibility'],
      description: 'which filters count: those that lose τ alone, or all that lose anything by their responsibility',
    }),
    threshold: number({ default: 0, min: 0, max: 1, description: 'τ, a loss of probability; 0: the quantile below' }),
    quantile: number({
      default: 0.9,
      min: 0,
      max: 1,
      description: 'which quantile of the Δ is τ, where threshold is 0',
    }),
  },
  display: 'positive',
  async explain(model, input, target, { layer, variant, threshold, quantile }, { signal, progress, kernels }) {
    signal.throwIfAborted();
    const tail = await model.tail(input, asProbability(target), layer);
    try {
      const { activation: A, score: p } = tail;
      const K = A.dims[1]!;
      const without = await scoresWithoutEach(tail, { signal, progress });
      const delta = perChannel(A, (f) => p - without[f]!); // Δ_f = p(I) − p(I without f)
      const tau = threshold || Math.max(0, delta.data.toSorted()[Math.round(quantile * (K - 1))]!);
      const weights =
        variant === 'delta' ? delta.data.map((d) => Number(d >= tau && d > 0)) : responsibilities(delta.data, tau);
      const coefficients = tensor(
        [K],
        weights.map((weight) => weight / K),
      );
      return { map: kernels.weightedChannelSum(A, coefficients), coefficients, extras: { delta, threshold: tau } };
    } finally {
      tail.close();
    }
  },
});

/** 1 where Δ ≥ τ, 0 where Δ ≤ 0, else 1 / (w + 1): the w largest others below τ bring the loss up to τ. */
function responsibilities(delta: Float32Array, tau: number): Float32Array {
  const helpers = [...delta.keys()]
    .filter((f) => delta[f]! > 0 && delta[f]! < tau)
    .sort((a, b) => delta[b]! - delta[a]!);
  return delta.map((d, f) => {
    if (d >= tau && d > 0) return 1;
    if (d <= 0) return 0;
    let [loss, w] = [d, 0];
    for (const other of helpers) {
      if (loss >= tau) break;
      if (other !== f) [loss, w] = [loss + delta[other]!, w + 1];
    }
    return loss >= tau ? 1 / (w + 1) : 0; // no set of filters that small ones can form reaches τ
  });
}
