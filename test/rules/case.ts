import { apply, constant, input } from '../../packages/core/src/graph/build.ts';
import { random } from '../../packages/core/src/tensor/random.ts';
import { int64s, size, tensor } from '../../packages/core/src/tensor/tensor.ts';
import type { Attributes, Shaped } from '../../packages/core/src/graph/value.ts';

/** An operand: data of a shape with numbers from a range, or a constant. */
export interface Operand {
  readonly dims: readonly number[];
  readonly range: readonly [low: number, high: number];
  readonly kind: 'data' | 'constant' | 'indices';
  readonly values?: readonly number[];
}
export const data = (dims: readonly number[], low = -2, high = 2): Operand => ({
  dims,
  range: [low, high],
  kind: 'data',
});
export const fixed = (dims: readonly number[], low = -1, high = 1): Operand => ({
  dims,
  range: [low, high],
  kind: 'constant',
});
export const exactly = (dims: readonly number[], values: readonly number[]): Operand => ({
  dims,
  range: [0, 0],
  kind: 'constant',
  values,
});
export const picks = (dims: readonly number[], values: readonly number[]): Operand => ({
  dims,
  range: [0, 0],
  kind: 'indices',
  values,
});

/** One op with one set of parameters. */
export interface OpCase {
  readonly op: string;
  readonly title: string;
  readonly operands: readonly Operand[];
  readonly build: (inputs: readonly Shaped[]) => Shaped;
}
/** The op itself over its operands. */
export const one = (op: string, title: string, operands: readonly Operand[], attributes: Attributes = {}): OpCase => ({
  op,
  title,
  operands,
  build: (inputs) => apply(op, inputs, attributes),
});
/** A small graph in which the op plays its part. */
export const within = (op: string, title: string, operands: readonly Operand[], build: OpCase['build']): OpCase => ({
  op,
  title,
  operands,
  build,
});

export interface Built {
  readonly y: Shaped;
  /** The data among the operands. */
  readonly inputs: readonly Shaped[];
  readonly feeds: ReadonlyMap<Shaped, Float64Array>;
}
export function built({ operands, build }: OpCase, seed: number): Built {
  const rng = random(seed);
  const feeds = new Map<Shaped, Float64Array>();
  const values = operands.map(({ dims, range: [low, high], kind, values: given }, i): Shaped => {
    if (kind === 'indices') return constant(int64s(given!, dims));
    const drawn = Array.from({ length: size(dims) }, () => low + (high - low) * rng.next());
    if (kind === 'constant') return constant(tensor(dims, given ?? drawn));
    const value = input(`x${i}`, dims);
    feeds.set(value, Float64Array.from(drawn));
    return value;
  });
  return { y: build(values), inputs: [...feeds.keys()], feeds };
}
