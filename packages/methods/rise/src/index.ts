import {
  choice,
  defineMethod,
  inParts,
  integer,
  items,
  number,
  riseShifts,
  seed,
  SightlineError,
  tensor,
  tensorOption,
} from '@sightline/core/plugin';
import type { AnyTensor, Tensor } from '@sightline/core/plugin';

/** How many masks go to the model at once: progress and cancelling work between two calls. */
const BATCH = 16;

/**
 * RISE: random masks, averaged by the score that each leaves (Petsiuk et al., BMVC 2018, https://arxiv.org/abs/1806.07421).
 *
 * A mask is an s × s grid of coins (1 with probability p), upsampled to (s + 1) cells and cropped to [H, W] at a random shift:
 * M = R(dy) · bits · C(dx), bilinear, with half-pixel centres and a mirror at the grid's edge. The map is [H, W]; with
 * a class's probabilities for scores it lies in 0 … 1/p. `extras.scores` [N] is what each mask left.
 */
export default defineMethod({
  name: 'rise',
  title: 'RISE',
  paper: 'https://arxiv.org/abs/1806.07421',
  needs: ['maskedSum'],
  claims: ['sensitive-to-target', 'non-negative', 'seeded'],
  options: {
    masks: integer({ default: 4000, min: 1, max: 100_000, description: 'N, how many masks' }),
    cells: integer({ default: 7, min: 2, max: 64, description: 's, cells along a side of the grid' }),
    probability: number({ default: 0.5, min: 0.01, max: 1, description: 'p, how often a cell shows the picture' }),
    score: choice({
      default: 'probability',
      choices: ['probability', 'logit'],
      description: 'what a mask is weighted by',
    }),
    seed: seed(),
    bits: tensorOption('the grids [N, s, s], instead of tossing coins'),
    shifts: tensorOption('where each upsampled grid is cropped, [N, 2] (row, column), whole numbers below one cell'),
  },
  display: 'positive',
  async explain(model, input, target, options, { signal, progress, random, kernels }) {
    const [, , H, W] = input.dims as readonly [number, number, number, number];
    const [N, s] = options.bits ? sizesOf(options.bits) : [options.masks, options.cells];
    const cell = [riseShifts(s, H), riseShifts(s, W)];
    const bits = checked(options.bits, 'bits', [N, s, s]);
    if (bits && !bits.data.every((v) => v >= 0 && v <= 1))
      throw new SightlineError('bad-option', "rise: option 'bits' must hold numbers from 0 to 1");
    const shifts = checked(options.shifts, 'shifts', [N, 2], cell);

    signal.throwIfAborted();
    const total = await model.maskedSum(input, { ...target, of: options.score });
    try {
      await inParts(N, BATCH, { signal, progress }, 'masks', async (from, to) => {
        const n = to - from;
        const grid = bits ? items(bits, from, to) : tensor([n, s, s]);
        if (!bits) grid.data.forEach((_, j) => (grid.data[j] = Number(random.next() < options.probability)));
        const crop = shifts ? items(shifts, from, to) : tensor([n, 2]);
        if (!shifts) crop.data.forEach((_, j) => (crop.data[j] = random.integer(cell[j % 2]!)));
        const { rows, columns } = kernels.riseRows(crop, s, [H, W]); // M_i = rows_i · grid_i · columns_i
        await total.add({ grid, rows, columns }); // Σ_i f(I ⊙ M_i) · M_i
      });
      const { sum: S, scores } = await total.read();
      const scale = 1 / (options.probability * N); // eq. 6:  S = 1/(E[M] · N) Σ_i f(I ⊙ M_i) · M_i
      S.data.forEach((sum, i) => (S.data[i] = scale * sum));
      return { map: S, extras: { scores: tensor([N], scores) } };
    } finally {
      total.close();
    }
  },
});

/** How many grids were handed over, and their side. */
function sizesOf({ dims }: AnyTensor): readonly [N: number, s: number] {
  if (dims.length === 3) return [dims[0]!, dims[1]!];
  throw new SightlineError('bad-option', `rise: option 'bits' must be [N, s, s], not [${dims.join(', ')}]`);
}

/** A tensor handed over, as float32; undefined where there is none. `below`: whole numbers, column by column. */
function checked(
  given: AnyTensor | undefined,
  name: string,
  dims: readonly number[],
  below?: readonly number[],
): Tensor | undefined {
  if (!given) return undefined;
  const wrong = (what: string) => new SightlineError('bad-option', `rise: option '${name}' must ${what}`);
  const fits = dims.length === given.dims.length && dims.every((d, i) => d === given.dims[i]);
  if (!fits) throw wrong(`be [${dims.join(', ')}], not [${given.dims.join(', ')}]`);
  const data = Float32Array.from(given.data as ArrayLike<number | bigint>, Number);
  const whole = (v: number, i: number): boolean => Number.isInteger(v) && v >= 0 && v < below![i % below!.length]!;
  if (below && !data.every(whole)) throw wrong(`hold whole numbers from 0, below ${below.join(' and ')}`);
  return tensor(dims, data);
}
