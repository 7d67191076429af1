import {
  choice,
  defineMethod,
  inParts,
  integer,
  number,
  SightlineError,
  tensor,
  tensorOption,
} from '@sightline/core/plugin';
import type { AnyTensor } from '@sightline/core/plugin';

/** A point on the path, 0 … 1, and its weight in the mean. */
type Node = readonly [alpha: number, weight: number];

/** How many points go to the model at once: progress and cancelling work between two calls. */
const BATCH = 8;

/**
 * Integrated Gradients: the gradient averaged along the straight line from a baseline x′ to the picture x
 * (Sundararajan et al., ICML 2017, https://arxiv.org/abs/1703.01365).
 *
 * The map is [C, H, W] and signed. Its sum is F(x) − F(x′), up to how well `steps` points integrate the gradient.
 */
export default defineMethod({
  name: 'integrated-gradients',
  title: 'Integrated Gradients',
  paper: 'https://arxiv.org/abs/1703.01365',
  needs: ['gradient'],
  claims: ['completeness', 'sensitive-to-target', 'signed'],
  options: {
    steps: integer({ default: 50, min: 1, max: 1000, description: 'points on the path' }),
    rule: choice({
      default: 'midpoint',
      choices: ['midpoint', 'gauss-legendre', 'endpoints'],
      description: 'where the points lie: equal cells’ middles; Gauss–Legendre (captum); evenly with both ends (PAIR)',
    }),
    baseline: number({ default: 0, min: -1e6, max: 1e6, description: 'x′, one number for every element of the input' }),
    reference: tensorOption('x′ as a picture [C, H, W] or [1, C, H, W], in place of the one number'),
  },
  display: 'magnitude',
  async explain(model, { dims, data: x }, target, options, { signal, progress }) {
    const reference = baselineOf(dims, options.baseline, options.reference);
    const path = rules[options.rule](options.steps);
    const mean = new Float64Array(x.length);
    await inParts(path.length, BATCH, { signal, progress }, 'points of the path', async (from, to) => {
      const nodes = path.slice(from, to);
      const points = tensor([nodes.length, ...dims.slice(1)]);
      nodes.forEach(([alpha], n) => {
        for (let i = 0; i < x.length; i++) {
          points.data[n * x.length + i] = reference[i]! + alpha * (x[i]! - reference[i]!); // x′ + α (x − x′)
        }
      });
      const { gradient } = await model.gradient(points, target);
      nodes.forEach(([, weight], n) => {
        for (let i = 0; i < x.length; i++) mean[i]! += weight * gradient.data[n * x.length + i]!;
      });
    });
    // eq. 1:  IG_i = (x_i − x′_i) ∫ ∂F/∂x_i (x′ + α (x − x′)) dα
    return {
      map: tensor(
        dims.slice(1),
        x.map((x_i, i) => (x_i - reference[i]!) * mean[i]!),
      ),
    };
  },
});

const rules: Readonly<Record<'midpoint' | 'gauss-legendre' | 'endpoints', (steps: number) => readonly Node[]>> = {
  midpoint: (n) => Array.from({ length: n }, (_, i) => [(i + 0.5) / n, 1 / n]),
  endpoints: (n) => Array.from({ length: n }, (_, i) => [n === 1 ? 1 : i / (n - 1), 1 / n]),
  'gauss-legendre': gaussLegendre,
};

/** The zeros of the Legendre polynomial P_n by Newton's method, moved from [−1, 1] to [0, 1], with their weights. */
function gaussLegendre(n: number): readonly Node[] {
  return Array.from({ length: n }, (_, i) => {
    let z = Math.cos((Math.PI * (i + 0.75)) / (n + 0.5));
    let slope = 1;
    for (let pass = 0; pass < 12; pass++) {
      let p = 1;
      let before = 0;
      for (let k = 1; k <= n; k++) [p, before] = [((2 * k - 1) * z * p - (k - 1) * before) / k, p];
      slope = (n * (z * p - before)) / (z * z - 1);
      z -= p / slope;
    }
    return [(1 - z) / 2, 1 / ((1 - z * z) * slope * slope)];
  });
}

function baselineOf([, C, H, W]: readonly number[], constant: number, given: AnyTensor | undefined): Float32Array {
  const picture = tensor([C!, H!, W!], constant).data;
  if (!given) return picture;
  if (![`${C},${H},${W}`, `1,${C},${H},${W}`].includes(given.dims.join())) {
    const wrong = `must be [${C}, ${H}, ${W}], not [${given.dims.join(', ')}]`;
    throw new SightlineError('bad-option', `integrated-gradients: option 'reference' ${wrong}`);
  }
  return Float32Array.from(given.data as ArrayLike<number | bigint>, Number);
}
