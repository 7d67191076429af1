import { apply, indices, numbersOf, wordOf, type Shaped } from '@sightline/core/graph';
import { range, type Lowering } from './lowering.ts';

/** Where element `i` of a padded axis comes from. */
const sources: Readonly<Record<string, (i: number, length: number) => number>> = {
  edge: (i, length) => Math.min(Math.max(i, 0), length - 1),
  wrap: (i, length) => ((i % length) + length) % length,
  reflect: (i, length) => {
    const period = 2 * Math.max(length - 1, 1);
    const at = ((i % period) + period) % period;
    return Math.min(at, period - at);
  },
};

/** Edge and wrap, which the provider does not have, pick their elements; so does a reflection that comes round more than once. */
export const padding: Lowering = ({ attributes }, [x]) => {
  const mode = wordOf(attributes, 'mode', 'constant');
  const pads = numbersOf(attributes, 'pads');
  const rank = x!.dims.length;
  const source = sources[mode];
  const once = mode === 'reflect' && pads.every((p, i) => p >= 0 && p < x!.dims[i % rank]!);
  if (!source || once) return undefined;
  return range(rank).reduce<Shaped>((sofar, axis) => {
    const [begin, end, length] = [pads[axis]!, pads[axis + rank]!, x!.dims[axis]!];
    if (begin === 0 && end === 0) return sofar;
    if (length === 1) return repeated(sofar, axis, begin + end + 1);
    const picks = range(begin + length + end).map((i) => source(i - begin, length));
    return apply('Gather', [sofar, indices(picks)], { axis });
  }, x!);
};

const repeated = (x: Shaped, axis: number, times: number): Shaped =>
  apply('Expand', [x], { shape: x.dims.map((d, i) => (i === axis ? times : d)) });
