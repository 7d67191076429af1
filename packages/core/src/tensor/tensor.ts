/** What a tensor's elements are stored as. `bool` is one byte an element, as in ONNX. */
export interface ElementArrays {
  float32: Float32Array;
  float64: Float64Array;
  int64: BigInt64Array;
  int32: Int32Array;
  int8: Int8Array;
  uint8: Uint8Array;
  bool: Uint8Array;
}
export type ElementType = keyof ElementArrays;

type Elements<A> = {
  new (length: number): A;
  new (buffer: ArrayBufferLike, offset?: number, length?: number): A;
  readonly BYTES_PER_ELEMENT: number;
};
export const elementArrays: { readonly [T in ElementType]: Elements<ElementArrays[T]> } = {
  float32: Float32Array,
  float64: Float64Array,
  int64: BigInt64Array,
  int32: Int32Array,
  int8: Int8Array,
  uint8: Uint8Array,
  bool: Uint8Array,
};
export const bytesPerElement = (type: ElementType): number => elementArrays[type].BYTES_PER_ELEMENT;

/**
 * Plain data: dims in row-major order (NCHW for pictures and activations) and one typed array.
 * `Tensor` alone means float32, which is what methods and metrics see.
 */
export interface Tensor<T extends ElementType = 'float32'> {
  readonly type: T;
  readonly dims: readonly number[];
  readonly data: ElementArrays[T];
}
/** A tensor of whichever type: what graph constants and feeds may hold. */
export type AnyTensor = { [T in ElementType]: Tensor<T> }[ElementType];

/** Whether something from outside is a tensor, with as many numbers as its dims say: one at least. */
export function isTensor(value: unknown): value is AnyTensor {
  if (typeof value !== 'object' || value === null) return false;
  const { type, dims, data } = value as Record<string, unknown>;
  if (typeof type !== 'string' || !Object.hasOwn(elementArrays, type)) return false;
  if (!Array.isArray(dims) || !dims.every((d) => Number.isInteger(d) && d >= 1)) return false;
  return data instanceof elementArrays[type as ElementType] && data.length === size(dims);
}

/** Number of elements of a shape; 1 for a scalar. */
export const size = (dims: readonly number[]): number => dims.reduce((product, d) => product * d, 1);

/** A float32 tensor over `data`, or filled with one number (0 unless told). Throws RangeError where dims and data differ. */
export function tensor(dims: readonly number[], data: Float32Array | readonly number[] | number = 0): Tensor {
  const count = size(dims);
  if (typeof data === 'number') return { type: 'float32', dims, data: new Float32Array(count).fill(data) };
  if (data.length !== count)
    throw new RangeError(`a tensor [${dims.join(', ')}] holds ${count} numbers, not ${data.length}`);
  return { type: 'float32', dims, data: data instanceof Float32Array ? data : Float32Array.from(data) };
}

/** A tensor over little-endian bytes: a view where they are aligned for the type, else one copy. */
export function overBytes(type: ElementType, dims: readonly number[], bytes: Uint8Array): AnyTensor {
  const each = bytesPerElement(type);
  const { buffer, byteOffset, byteLength } = bytes.byteOffset % each === 0 ? bytes : bytes.slice();
  return { type, dims, data: new elementArrays[type](buffer, byteOffset, byteLength / each) } as AnyTensor;
}

/** An int64 tensor, as ONNX wants shapes, axes and pads. */
export const int64s = (values: readonly number[], dims: readonly number[] = [values.length]): Tensor<'int64'> => ({
  type: 'int64',
  dims,
  data: BigInt64Array.from(values, BigInt),
});

/** The numbers of an integer tensor (shapes, axes), as JavaScript numbers. */
export const toNumbers = (t: AnyTensor): number[] => Array.from(t.data as ArrayLike<number | bigint>, Number);

/** Items `from` (inclusive) to `to` (exclusive) of the leading dimension, as a view on the same memory. */
export function items(t: Tensor, from: number, to: number): Tensor {
  const step = size(t.dims.slice(1));
  return { type: 'float32', dims: [to - from, ...t.dims.slice(1)], data: t.data.subarray(from * step, to * step) };
}
