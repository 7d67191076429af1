import { defineMetric, SightlineError, tensorOption, type AnyTensor } from '@sightline/core/plugin';

/**
 * The energy-based pointing game: how much of the map lies on the object (Wang et al., CVPR Workshops 2020,
 * https://arxiv.org/abs/1910.01279, §4.4).
 *
 * With the map m brought to 0 … 1, the value is Σ_inside m / Σ m, 0 … 1, higher is better. The object is a mask [H, W] on the
 * network's input or the union of boxes [N, 4] (x0, y0, x1, y1) in its pixels. A map that is
 * constant is left as it is: its value is the object's share of the picture, `details.area`. A map of zeros has no energy: 0.
 */
export default defineMetric({
  name: 'energy-pointing-game',
  title: 'Energy-based pointing game',
  paper: 'https://arxiv.org/abs/1910.01279',
  better: 'higher',
  needs: [],
  options: {
    truth: tensorOption(
      'where the object is: a mask [H, W] of the input (0 is outside), or boxes [N, 4] (x0, y0, x1, y1)',
    ),
  },
  async evaluate(_model, _input, _target, map, { truth }, { signal, kernels }) {
    signal.throwIfAborted();
    const [H, W] = map.dims as readonly [number, number];
    const object = insideOf(truth, H, W);
    const m = kernels.minMax(map).data;
    let [inside, total, area] = [0, 0, 0];
    m.forEach((v, i) => {
      total += v;
      if (object(i)) [inside, area] = [inside + v, area + 1];
    });
    if (area === 0) throw wrong('marks no pixel of the input');
    const share = area / (H * W);
    const even = map.data.some((v) => v !== 0) ? share : 0;
    return { value: total > 0 ? inside / total : even, details: { inside, total, area: share } };
  },
});

const wrong = (what: string): SightlineError =>
  new SightlineError('bad-option', `energy-pointing-game: option 'truth' ${what}`);

/** Whether a pixel of the input belongs to the object. */
function insideOf(truth: AnyTensor | undefined, H: number, W: number): (i: number) => boolean {
  const right = `must be a mask [${H}, ${W}] or boxes [N, 4]`;
  if (!truth) throw wrong(`${right}: it was not given`);
  const { dims, data } = truth;
  const value = (i: number): number => Number(data[i]);
  if (dims.length === 2 && dims[0] === H && dims[1] === W) return (i) => value(i) !== 0;
  if (dims.length !== 2 || dims[1] !== 4) throw wrong(`${right}, not [${dims.join(', ')}]`);
  const boxes = Array.from({ length: dims[0]! }, (_, n) => [0, 1, 2, 3].map((side) => value(4 * n + side)));
  if (!boxes.every(([x0, y0, x1, y1]) => x0! < x1! && y0! < y1!))
    throw wrong('must have boxes (x0, y0, x1, y1) with x0 below x1 and y0 below y1');
  return (i) => {
    const [x, y] = [(i % W) + 0.5, Math.floor(i / W) + 0.5];
    return boxes.some(([x0, y0, x1, y1]) => x >= x0! && x < x1! && y >= y0! && y < y1!);
  };
}
