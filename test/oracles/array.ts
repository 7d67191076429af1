/** A float64 array in row-major order; true is 1. */
export interface Reals {
  readonly dims: readonly number[];
  readonly data: Float64Array;
}
export type Index = readonly number[];

export const count = (dims: Index): number => dims.reduce((n, d) => n * d, 1);

export function offset(dims: Index, index: Index): number {
  if (index.length !== dims.length) throw new RangeError(`index [${index.join()}] into [${dims.join()}]`);
  return index.reduce((at, i, axis) => {
    if (i < 0 || i >= dims[axis]!) throw new RangeError(`index [${index.join()}] into [${dims.join()}]`);
    return at * dims[axis]! + i;
  }, 0);
}
export const at = (x: Reals, index: Index): number => x.data[offset(x.dims, index)]!;
export const within = (dims: Index, index: Index): boolean => index.every((i, axis) => i >= 0 && i < dims[axis]!);

/** Every index of a shape, last axis fastest. */
export function indices(dims: Index): number[][] {
  return dims.reduce<number[][]>(
    (all, d) => all.flatMap((index) => Array.from({ length: d }, (_, i) => [...index, i])),
    [[]],
  );
}
export function fill(dims: Index, value: (index: Index) => number): Reals {
  return { dims, data: Float64Array.from(indices(dims), (index) => value(index)) };
}
/** The element that an operand shows at an index of the shape it is broadcast to. */
export function shown(x: Reals, index: Index): number {
  const own = index.slice(index.length - x.dims.length);
  return at(
    x,
    own.map((i, axis) => (x.dims[axis] === 1 ? 0 : i)),
  );
}
export function together(shapes: readonly Index[]): number[] {
  const rank = Math.max(...shapes.map((s) => s.length));
  return Array.from({ length: rank }, (_, i) => {
    const lengths = new Set(shapes.map((s) => s[s.length - rank + i] ?? 1).filter((d) => d !== 1));
    if (lengths.size > 1) throw new RangeError(`shapes [${shapes.join('], [')}] do not broadcast`);
    return [...lengths][0] ?? 1;
  });
}
export const sum = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0);
