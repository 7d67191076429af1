import { areaUnder, choice, defineMetric, integer, pixelShares, pixelSteps, tensor } from '@sightline/core/plugin';
import type { Context, Tensor } from '@sightline/core/plugin';

/** How many pictures go to the model at once: progress and cancelling work between two calls. */
const BATCH = 8;

/**
 * Insertion: bring the most important pixels back first, and see how soon the score comes
 * (Petsiuk et al., BMVC 2018, https://arxiv.org/abs/1806.07421).
 *
 * The value is the area under the curve of the target's softmax probability, over the share of the picture restored: 0 … 1,
 * higher is better. `details.curve` holds the scores, the starting picture's first. Equal numbers in the map: the later pixel
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
    const [, C, H, W] = input.dims as readonly [number, number, number, number];
    const pixels = H * W;
    const order = kernels.rank(map); // the highest first; of equals, the later one first
    const counts = options.variant === 'lift' ? pixelShares(pixels) : pixelSteps(pixels, options.step);

    const start = starts[options.variant === 'lift' ? 'zero' : options.blur](input, kernels);
    const picture = start.data.slice();
    const curve: number[] = [];
    let restored = 0;
    for (let from = 0; from < counts.length; from += BATCH) {
      signal.throwIfAborted();
      const some = counts.slice(from, from + BATCH);
      const batch = tensor([some.length, C, H, W]);
      some.forEach((count, n) => {
        for (; restored < count; restored++) {
          for (let i = order[restored]!; i < picture.length; i += pixels) picture[i] = input.data[i]!;
        }
        batch.data.set(picture, n * picture.length);
      });
      curve.push(...(await model.score(batch, { ...target, of: 'probability' })));
      progress(curve.length / counts.length, 'restoring');
    }
    return { value: areaUnder(curve), details: { curve, counts } };
  },
});

const starts: Readonly<
  Record<'rise11' | 'kornia51' | 'zero', (picture: Tensor, kernels: Context['kernels']) => Tensor>
> = {
  rise11: (picture, kernels) => kernels.blur(picture, folded(gaussian(5, 20), 11), 'zero'),
  kornia51: (picture, kernels) => kernels.blur(picture, gaussian(50, 25), 'mirror'),
  zero: ({ dims }) => tensor(dims),
};

/** 2 · radius + 1 taps of a normal curve that add up to 1. */
function gaussian(sigma: number, radius: number): Float32Array {
  const taps = Float64Array.from({ length: 2 * radius + 1 }, (_, i) =>
    Math.exp(-((i - radius) ** 2) / (2 * sigma ** 2)),
  );
  const sum = taps.reduce((a, b) => a + b, 0);
  return Float32Array.from(taps, (tap) => tap / sum);
}

/**
 * RISE's kernel is a point in an 11 × 11 picture, blurred by scipy's gaussian_filter (σ 5, so ± 20), which reflects at the
 * edges (b a | a b c | c b): what falls outside comes back in, and the kernel ends up nearly a box.
 */
function folded(taps: Float32Array, length: number): Float32Array {
  const kernel = new Float32Array(length);
  taps.forEach((tap, i) => {
    const at = (i + 4 * length + (length - taps.length) / 2) % (2 * length); // the reflection repeats every 2 · length
    kernel[at < length ? at : 2 * length - 1 - at]! += tap;
  });
  return kernel;
}
