import {
  boolean,
  defineMethod,
  integer,
  layer,
  seed,
  SightlineError,
  tensor,
  tensorOption,
} from '@sightline/core/plugin';

/**
 * SHAP-CAM: the channels of a layer as players of a game, weighted by their Shapley values, which are estimated over random
 * orders (Jung and Oh, ICCV 2021, https://arxiv.org/abs/2102.05228, Algorithm 1).
 *
 * F is the network after the layer, A its activation [1, K, h, w]. For each order π channels are added one by one to a layer of
 * zeros, and each gets what the score gained by it. Whatever the orders, the α_k add up: Σ_k α_k = F(A) − F(0). The map is
 * [h, w], before the ReLU; the coefficients are the α_k, [K].
 */
export default defineMethod({
  name: 'shap-cam',
  title: 'SHAP-CAM',
  paper: 'https://arxiv.org/abs/2102.05228',
  needs: ['tail'],
  claims: ['efficiency', 'sensitive-to-target', 'signed', 'seeded'],
  options: {
    layer: layer(),
    orderings: integer({
      default: 10,
      min: 1,
      max: 1_000_000,
      description: '|Π|, how many orders; each costs K evaluations',
    }),
    antithetic: boolean({
      default: false,
      description: 'every second order that is drawn is the one before it reversed',
    }),
    seed: seed(),
    permutations: tensorOption('the orders [|Π|, K] in which channels are added, instead of drawing them'),
  },
  display: 'positive',
  async explain(model, input, target, options, { signal, progress, random, kernels }) {
    signal.throwIfAborted();
    const tail = await model.tail(input, target, options.layer);
    try {
      const { activation: A, score: all } = tail;
      const K = A.dims[1]!;
      const given = options.permutations && orders(options.permutations, K);
      const count = given?.length ?? options.orderings;
      const sums = new Float64Array(K);
      let order: Int32Array = new Int32Array(K);
      for (let n = 0; n < count; n++) {
        signal.throwIfAborted();
        const reversed = options.antithetic && n % 2 === 1;
        order = given?.[n] ?? (reversed ? order.toReversed() : random.permutation(K));
        const keep = tensor([K, K]);
        order.forEach((k, i) => {
          for (let row = i + 1; row < K; row++) keep.data[row * K + k] = 1; // row i: A′ with the first i channels, from none on
        });
        const before = await tail.scores(keep);
        order.forEach((k, i) => (sums[k]! += (i + 1 < K ? before[i + 1]! : all) - before[i]!)); // α_π(i) += F(after) − F(before)
        progress((n + 1) / count, `${n + 1} of ${count} orders`);
      }
      const alpha = tensor(
        [K],
        Float32Array.from(sums, (sum) => sum / count),
      );
      return { map: kernels.weightedChannelSum(A, alpha), coefficients: alpha };
    } finally {
      tail.close();
    }
  },
});

/** Orders that were handed over. Throws `bad-option` where a row is no permutation of the channels. */
function orders(given: { readonly dims: readonly number[]; readonly data: ArrayLike<number | bigint> }, K: number) {
  const [count] = given.dims as [number];
  const rows = Array.from({ length: count }, (_, n) =>
    Int32Array.from({ length: K }, (__, i) => Number(given.data[n * K + i])),
  );
  const sorted = (row: Int32Array): boolean => row.toSorted().every((k, i) => k === i);
  if (given.dims.length !== 2 || given.dims[1] !== K || !rows.every(sorted)) {
    const found = `[${given.dims.join(', ')}]`;
    throw new SightlineError(
      'bad-option',
      `shap-cam: option 'permutations' must be [|Π|, ${K}], each row 0 … ${K - 1} in some order, not ${found}`,
    );
  }
  return rows;
}
