import {
  areaUnder,
  choice,
  defineMetric,
  integer,
  number,
  pixelShares,
  pixelSteps,
  replacementCurve,
  tensor,
} from '@sightline/core/plugin';

/**
 * Deletion: erase the most important pixels first, and see how soon the score goes
 * (Petsiuk et al., BMVC 2018, https://arxiv.org/abs/1806.07421).
 *
 * The value is the area under the curve of the target's softmax probability, from nothing erased to everything: 0 … 1 for
 * a class, lower is better. `details.curve` holds the scores, the untouched picture's first. Equal numbers in the map: the later
 * pixel first. `lift` is LIFT-CAM's variant: 41 shares 0, 0.025 … 1, erased to 0.
 */
export default defineMetric({
  name: 'deletion',
  title: 'Deletion',
  paper: 'https://arxiv.org/abs/1806.07421',
  better: 'lower',
  needs: ['score'],
  options: {
    variant: choice({
      default: 'rise',
      choices: ['rise', 'lift'],
      description: 'steps of equal size, or 41 shares 0 … 1',
    }),
    step: integer({
      default: 0,
      min: 0,
      max: 1e8,
      description: 'pixels a step (rise); 0: a 28th of the picture, 1792 at 224 × 224',
    }),
    baseline: number({
      default: 0,
      min: -1e6,
      max: 1e6,
      description: 'what an erased pixel becomes, in the normalised input (rise)',
    }),
  },
  async evaluate(model, input, target, map, options, { signal, progress, kernels }) {
    const pixels = map.data.length;
    const order = kernels.rank(map); // the highest first; of equals, the later one first
    const counts = options.variant === 'lift' ? pixelShares(pixels) : pixelSteps(pixels, options.step);
    const gone = options.variant === 'lift' ? 0 : options.baseline;

    const steps = { from: input, to: tensor(input.dims, gone), order, counts };
    const curve = await replacementCurve(model, target, steps, { signal, progress });
    return { value: areaUnder(curve), details: { curve, counts } };
  },
});
