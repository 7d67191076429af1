import type { AttributionData } from '../engine/types.ts';
import type { AnyTensor } from '../tensor/tensor.ts';

/** A result made ready to leave the worker, and the buffers that move out with it. */
export interface Packed<T> {
  readonly value: T;
  readonly transfer: ArrayBuffer[];
}

/**
 * An attribution, ready to be posted.
 *
 * What the engine has just made (`saliency`, `heat`, `input`) moves out without being copied. What a plugin made (`map`,
 * `coefficients`, `extras`) is copied: it may keep it for its next call, where a buffer that has gone would be an empty array.
 * A view of a larger buffer is cut out first, because posting a view posts the whole buffer behind it.
 */
export function packAttribution(data: AttributionData): Packed<AttributionData> {
  const kept = new Set<ArrayBufferLike>();
  const moved = new Set<ArrayBuffer>();
  const plugins = [data.map, data.coefficients, ...Object.values(data.extras ?? {})];
  for (const item of plugins) if (isTensor(item)) kept.add(item.data.buffer);
  const copy = <T>(item: T): T => (isTensor(item) ? cutOut(item, moved) : item);
  const move = <T extends AnyTensor>(item: T): T => {
    if (kept.has(item.data.buffer) || !isWhole(item)) return cutOut(item, moved);
    moved.add(item.data.buffer as ArrayBuffer);
    return item;
  };
  const value: AttributionData = {
    ...data,
    map: copy(data.map),
    ...(data.coefficients ? { coefficients: copy(data.coefficients) } : {}),
    ...(data.extras ? { extras: mapValues(data.extras, copy) } : {}),
    saliency: move(data.saliency),
    heat: move(data.heat),
    input: move(data.input),
  };
  return { value, transfer: [...moved] };
}

/** The tensor with a buffer of its own, which moves out. */
function cutOut<T extends AnyTensor>(tensor: T, moved: Set<ArrayBuffer>): T {
  const data = tensor.data.slice();
  moved.add(data.buffer);
  return { ...tensor, data };
}

/** WebAssembly's pages: a buffer of whole ones may be a module's memory, which cannot be moved. */
const page = 65536;
const isWhole = ({ data: { buffer, byteLength } }: AnyTensor): boolean =>
  buffer instanceof ArrayBuffer && buffer.byteLength === byteLength && byteLength % page !== 0;

const isTensor = (value: unknown): value is AnyTensor =>
  typeof value === 'object' && value !== null && 'data' in value && ArrayBuffer.isView(value.data);

const mapValues = <T>(record: Readonly<Record<string, T>>, change: (value: T) => T): Record<string, T> =>
  Object.fromEntries(Object.entries(record).map(([key, value]) => [key, change(value)]));
