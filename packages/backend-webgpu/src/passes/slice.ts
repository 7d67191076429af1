import { apply, constant, numbersOf, slice as sliced } from '@sightline/core/graph';
import { int64s } from '@sightline/core/tensor';
import { withShapes } from './lowering.ts';

/**
 * An axis that is walked backwards is gathered: onnxruntime-web 1.30 takes the wrong elements where such a walk does not
 * start at the end (`start 5, step −2`).
 */
export const slice = withShapes(([x], { attributes, outputs }) => {
  const [starts, ends, steps] = ['starts', 'ends', 'steps'].map((name) => numbersOf(attributes, name)) as [
    readonly number[],
    readonly number[],
    readonly number[],
  ];
  const backwards = steps.flatMap((step, axis) => (step < 0 ? [axis] : []));
  if (backwards.length === 0) return undefined;
  const { dims } = x!;
  const whole = (values: readonly number[], full: (axis: number) => number): number[] =>
    values.map((value, axis) => (backwards.includes(axis) ? full(axis) : value));
  const forwards = sliced(
    x!,
    whole(starts, () => 0),
    whole(ends, (axis) => dims[axis]!),
    whole(steps, () => 1),
  );
  return backwards.reduce((result, axis) => {
    const length = dims[axis]!;
    const first = Math.min(Math.max(starts[axis]! < 0 ? starts[axis]! + length : starts[axis]!, 0), length - 1);
    const places = Array.from({ length: outputs[0]!.dims![axis]! }, (_, i) => first + i * steps[axis]!);
    return apply('Gather', [result, constant(int64s(places))], { axis });
  }, forwards);
});
