import {
  areaUnder,
  choice,
  defineMetric,
  integer,
  foldedGaussianTaps,
  gaussianTaps,
  pixelShares,
  pixelSteps,
  replacementCurve,
  tensor,
} from '@sightline/core/plugin';
import type { Context, Tensor } from '@sightline/core/plugin';

/**
 * Insertion: bring the most important pixels back first, and see how soon the score comes
 * (Petsiuk et al., BMVC 2018, https://arxiv.org/abs/1806.07421).
 *
 * The value is the area under the curve of the target's softmax probability, from nothing restored to everything: 0 … 1
 * for a class, higher is better. `details.curve` holds the scores, the starting picture's first. Equal numbers in the map: the later pixel
 * first. The start is the picture blurred (`blur`); `lift` is LIFT-CAM's variant: 41 shares 0, 0.025 … 1, onto zeros.
 */
export default defineMetric({
  name: 'insertion',
  title: 'Insertion',
  paper: 'https://arxiv.org/abs/1806.07421',
  better: 'higher',
  needs: ['score'],
  options: {
    variant: choice({
      default: 'rise',
      choices: ['rise', 'lift'],
      description: 'steps of equal size, or 41 shares 0 … 1 onto zeros',
    }),
    step: integer({
      default: 0,
      min: 0,
      max: 1e8,
      description: 'pixels a step (rise); 0: a 28th of the picture, 1792 at 224 × 224',
    }),
    blur: choice({
      default: 'rise11',
      choices: ['rise11', 'kornia51', 'zero'],
      description:
        'the start (rise): RISE’s 11 × 11 kernel, zeros outside; 51 × 51 with σ 50, mirrored outside (Group-CAM, UCAG); zeros',
    }),
  },
  async evaluate(model, input, target, map, options, { signal, progress, kernels }) {
    const pixels = map.data.length;
    const order = kernels.rank(map); // the highest first; of equals, the later one first
    const counts = options.variant === 'lift' ? pixelShares(pixels) : pixelSteps(pixels, options.step);

    const start = starts[options.variant === 'lift' ? 'zero' : options.blur](input, kernels);
    const steps = { from: start, to: input, order, counts };
    const curve = await replacementCurve(model, target, steps, { signal, progress });
    return { value: areaUnder(curve), details: { curve, counts } };
  },
});

const starts: Readonly<
  Record<'rise11' | 'kornia51' | 'zero', (picture: Tensor, kernels: Context['kernels']) => Tensor>
> = {
  rise11: (picture, kernels) => kernels.blur(picture, foldedGaussianTaps(5, 11), 'zero'),
  kornia51: (picture, kernels) => kernels.blur(picture, gaussianTaps(50, 25), 'mirror'),
  zero: ({ dims }) => tensor(dims),
};
