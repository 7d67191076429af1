import { numberOf, pad, reach, slice, windowOf, type Node, type Shaped, type Window } from '@sightline/core/graph';

/** A pool with all that its output length asks of the data: where ceil_mode overhangs, the end is padded more, where a stride leaves a rest, less. */
export interface Pool {
  readonly window: Window;
  readonly outs: readonly number[];
  /** Pads at the end of each axis that make the last window fit exactly; negative where data is left over. */
  readonly end: readonly number[];
  readonly includePad: boolean;
}
export function poolOf({ attributes, outputs }: Node, x: Shaped): Pool {
  const window = windowOf(attributes);
  const outs = outputs[0]!.dims!.slice(2);
  const extents = reach(window);
  const end = outs.map((out, i) => (out - 1) * window.strides[i]! + extents[i]! - window.begin[i]! - x.dims[i + 2]!);
  return { window, outs, end, includePad: numberOf(attributes, 'count_include_pad', 0) === 1 };
}

/** Two-dimensional and without gaps in its window: the pools that WebNN has. */
export const plainWindow = ({ window: { kernel, dilations } }: Pool): boolean =>
  kernel.length === 2 && dilations.every((d) => d === 1);
/** Whether no window reaches beyond the data. */
export const inside = ({ window: { begin }, end }: Pool): boolean => [...begin, ...end].every((p) => p <= 0);

/** The data with `value` all around, so that every window lies inside it. */
export function padded(x: Shaped, { window: { begin }, end }: Pool, value: number): Shaped {
  return pad(x, [0, 0, ...begin, 0, 0, ...end.map((p) => Math.max(p, 0))], value);
}

/** What each tap of the window sees along each axis in turn, merged: a pool of any rank, stride and dilation out of slices. */
export function merged(x: Shaped, { window, outs }: Pool, merge: (a: Shaped, b: Shaped) => Shaped): Shaped {
  return outs.reduce((sofar, out, i) => {
    const [stride, dilation] = [window.strides[i]!, window.dilations[i]!];
    const taps = Array.from({ length: window.kernel[i]! }, (_, t) => {
      const at = (values: readonly number[], value: number): number[] =>
        values.map((v, axis) => (axis === i + 2 ? value : v));
      const start = t * dilation;
      if (window.kernel[i] === 1 && stride === 1 && sofar.dims[i + 2] === out) return sofar;
      return slice(
        sofar,
        at(
          sofar.dims.map(() => 0),
          start,
        ),
        at(sofar.dims, start + (out - 1) * stride + 1),
        at(
          sofar.dims.map(() => 1),
          stride,
        ),
      );
    });
    return taps.reduce(merge);
  }, x);
}
