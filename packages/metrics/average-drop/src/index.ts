import { asProbability, choice, defineMetric, number, SightlineError, tensor } from '@sightline/core/plugin';

/**
 * Average drop, increase in confidence, and average drop in deletion: what the classifier still sees when the map is the mask
 * (Chattopadhay et al., WACV 2018, https://arxiv.org/abs/1710.11063; ADD: Jung and Oh, ICCV 2021, https://arxiv.org/abs/2102.05228).
 *
 * One picture's terms, as fractions (the papers print 100 × their mean over a set). With the softmax probabilities Y = p(x),
 * O = p(x ⊙ m) and D = p(x ⊙ (1 − m)), where m is the map brought to 0 … 1:
 *   drop = max(0, Y − O) / Y, 0 … 1, lower is better: the value
 *   increase = 1 where Y < O, else 0, higher is better
 *   add = (Y − D) / Y, at most 1, higher is better
 * A constant map has no more important part: its mask is 0. Throws `bad-target` where Y is not above 0, which a contrast's may be.
 */
export default defineMetric({
  name: 'average-drop',
  title: 'Average drop',
  paper: 'https://arxiv.org/abs/1710.11063',
  better: 'lower',
  needs: ['score'],
  options: {
    mask: choice({
      default: 'soft',
      choices: ['soft', 'top'],
      description: 'the map itself, or the top pixels in full and no others (SISE)',
    }),
    fraction: number({ default: 0.15, min: 0, max: 1, description: 'the share of the pixels that `top` keeps' }),
  },
  async evaluate(model, input, target, map, options, { signal, kernels }) {
    signal.throwIfAborted();
    const m = options.mask === 'top' ? top(kernels.rank(map), options.fraction) : kernels.minMax(map).data;
    const x = input.data;
    const pictures = tensor([3, ...input.dims.slice(1)]);
    for (let i = 0; i < x.length; i++) {
      const kept = m[i % m.length]!;
      pictures.data[i] = x[i]!;
      pictures.data[x.length + i] = x[i]! * kept;
      pictures.data[2 * x.length + i] = x[i]! * (1 - kept);
    }
    const [Y = 0, O = 0, D = 0] = await model.score(pictures, asProbability(target));
    if (Y <= 0)
      throw new SightlineError('bad-target', `average-drop is a share of the target's probability, which is ${Y}`);
    const drop = Math.max(0, Y - O) / Y;
    return { value: drop, details: { Y, O, D, drop, increase: Number(Y < O), add: (Y - D) / Y } };
  },
});

/** 1 on exactly the first round(fraction · HW) pixels, and 0 elsewhere. */
function top(order: Int32Array, fraction: number): Float32Array {
  const mask = new Float32Array(order.length);
  for (const i of order.subarray(0, Math.round(fraction * order.length))) mask[i] = 1;
  return mask;
}
