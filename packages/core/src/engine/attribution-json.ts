import { SightlineError } from '../errors.ts';
import { bytesPerElement, elementArrays, overBytes, size, type AnyTensor, type ElementType } from '../tensor/tensor.ts';

/** Data with tensors in it as data that JSON can hold. */
export function toJson(value: unknown): unknown {
  if (typeof value === 'number') return Number.isFinite(value) ? value : { $number: String(value) };
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map(toJson);
  if (isTensor(value)) {
    const { buffer, byteOffset, byteLength } = value.data;
    return { $tensor: value.type, dims: value.dims, base64: toBase64(new Uint8Array(buffer, byteOffset, byteLength)) };
  }
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, toJson(item)]));
}

/** The reverse. Throws `bad-input` where a tensor's bytes do not fit its shape. */
export function fromJson(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map(fromJson);
  if ('base64' in value && '$tensor' in value) return tensorFrom(value as unknown as Saved);
  const entries = Object.entries(value);
  if (entries.length === 1 && '$number' in value) return Number(value.$number);
  return Object.fromEntries(entries.map(([key, item]) => [key, fromJson(item)]));
}

interface Saved {
  readonly $tensor: ElementType;
  readonly dims: readonly number[];
  readonly base64: string;
}

function tensorFrom({ $tensor: tensor, dims, base64 }: Saved): AnyTensor {
  if (!Object.hasOwn(elementArrays, tensor) || !Array.isArray(dims)) throw broken(`has the type ${String(tensor)}`);
  const bytes = fromBase64(base64);
  const expected = size(dims) * bytesPerElement(tensor);
  if (bytes.byteLength !== expected)
    throw broken(`[${dims.join(', ')}] has ${bytes.byteLength} bytes, not ${expected}`);
  return overBytes(tensor, dims, bytes);
}

const broken = (what: string): SightlineError => new SightlineError('bad-input', `a saved tensor ${what}`);

const isTensor = (value: object): value is AnyTensor =>
  'dims' in value && 'data' in value && ArrayBuffer.isView(value.data);

function toBase64(bytes: Uint8Array): string {
  const chunk = 0x8000; // more arguments than this overflow some engines' stacks
  let text = '';
  for (let at = 0; at < bytes.length; at += chunk) text += String.fromCharCode(...bytes.subarray(at, at + chunk));
  return btoa(text);
}

function fromBase64(text: string): Uint8Array {
  try {
    return Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
  } catch (cause) {
    throw new SightlineError('bad-input', 'a saved tensor is not base64', {}, { cause });
  }
}
