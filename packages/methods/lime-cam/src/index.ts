import {
  defineMethod,
  inParts,
  integer,
  items,
  layer,
  number,
  planeProducts,
  seed,
  tensor,
} from '@sightline/core/plugin';
import { lasso } from './lasso.ts';

/** How many samples go to the model at once: progress and cancelling work between two calls. */
const CHUNK = 512;

/**
 * LIME-CAM: a sparse linear model of the score, fitted around the activation (Jung and Oh, ICCV 2021,
 * https://arxiv.org/abs/2102.05228; LIME: Ribeiro et al. 2016, https://arxiv.org/abs/1602.04938).
 *
 * As the authors run it, with captum's defaults: each sample z keeps every channel with probability ½; it weighs by
 * π(z) = exp(−d² / 2σ²), d the cosine distance of A ⊙ z and A; the model g(z) = α · z + b is a Lasso of the score on z. A is
 * [1, K, h, w]; the map is [h, w], before the ReLU; the coefficients are the α_k, [K].
 */
export default defineMethod({
  name: 'lime-cam',
  title: 'LIME-CAM',
  paper: 'https://arxiv.org/abs/2102.05228',
  needs: ['tail'],
  claims: ['sensitive-to-target', 'signed', 'seeded'],
  options: {
    layer: layer(),
    samples: integer({ default: 0, min: 0, max: 50_000, description: 'how many samples; 0: as many as channels' }),
    regularisation: number({ default: 0.01, min: 0, max: 1e6, description: 'λ, the weight of Σ|α| in the fit' }),
    width: number({ default: 1, min: 1e-3, max: 1e3, description: 'σ, the width of the kernel over cosine distances' }),
    seed: seed(),
  },
  display: 'positive',
  async explain(model, input, target, options, { signal, progress, random, kernels }) {
    signal.throwIfAborted();
    const tail = await model.tail(input, target, options.layer);
    try {
      const { activation: A } = tail;
      const K = A.dims[1]!;
      const N = options.samples || K;
      const energies = planeProducts(A, A).data; // ‖A_k‖²
      const energy = energies.reduce((a, b) => a + b, 0) || 1;
      const Z = tensor(
        [N, K],
        Float32Array.from({ length: N * K }, () => Number(random.next() < 0.5)),
      );
      const y = new Float64Array(N);
      const similarity = Float64Array.from(y, (_, n) => {
        const kept = energies.reduce((sum, e, k) => sum + e * Z.data[n * K + k]!, 0);
        const distance = 1 - Math.sqrt(kept / energy); // 1 − cos(A ⊙ z, A)
        return Math.exp(-(distance ** 2) / (2 * options.width ** 2)); // π(z)
      });
      await inParts(N, CHUNK, { signal, progress }, 'samples', async (from, to) =>
        y.set(await tail.scores(items(Z, from, to)), from),
      );
      const alpha = tensor([K], lasso(Z, y, similarity, options.regularisation)); // argmin 1/(2N) Σ π(z) (y − α·z − b)² + λ |α|₁
      return { map: kernels.weightedChannelSum(A, alpha), coefficients: alpha };
    } finally {
      tail.close();
    }
  },
});
