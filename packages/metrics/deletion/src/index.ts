import {
  areaUnder,
  choice,
  defineMetric,
  integer,
  number,
  pixelShares,
  pixelSteps,
  tensor,
} from '@sightline/core/plugin';

/** How many pictures go to the model at once: progress and cancelling work between two calls. */
const BATCH = 8;

/**
 * Deletion: erase the most important pixels first, and see how soon the score goes
 * (Petsiuk et al., BMVC 2018, https://arxiv.org/abs/1806.07421).
 *
 * The value is the area under the curve of the target's softmax probability, over the share of the picture erased: 0 … 1,
 * lower is better. `details.curve` holds the scores, the untouched picture's first. Equal numbers in the map: the later
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
    const [, C, H, W] = input.dims as readonly [number, number, number, number];
    const pixels = H * W;
    const order = kernels.rank(map); // the highest first; of equals, the later one first
    const counts = options.variant === 'lift' ? pixelShares(pixels) : pixelSteps(pixels, options.step);
    const gone = options.variant === 'lift' ? 0 : options.baseline;

    const picture = input.data.slice();
    const curve: number[] = [];
    let erased = 0;
    for (let from = 0; from < counts.length; from += BATCH) {
      signal.throwIfAborted();
      const some = counts.slice(from, from + BATCH);
      const batch = tensor([some.length, C, H, W]);
      some.forEach((count, n) => {
        for (; erased < count; erased++) {
          for (let c = 0; c < C; c++) picture[c * pixels + order[erased]!] = gone;
        }
        batch.data.set(picture, n * picture.length);
      });
      curve.push(...(await model.score(batch, { ...target, of: 'probability' })));
      progress(curve.length / counts.length, 'erasing');
    }
    return { value: areaUnder(curve), details: { curve, counts } };
  },
});
