import { bytesPerElement, overBytes, type AnyTensor, type ElementType } from '@sightline/core/tensor';
import { UsageError } from './errors.ts';

/** NumPy's .npy: '\x93NUMPY', version, length of the header, a Python dict as text, then the numbers in C order. */
const magic = [0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59];
export const isNpy = (bytes: Uint8Array): boolean => magic.every((byte, i) => bytes[i] === byte);

const descriptions: Record<ElementType, string> = {
  float32: '<f4',
  float64: '<f8',
  int64: '<i8',
  int32: '<i4',
  int8: '|i1',
  uint8: '|u1',
  bool: '|b1',
};
/** Reads a .npy file; `name` is for complaints. float16 becomes float32, which holds every value of it. */
export function readNpy(bytes: Uint8Array, name: string): AnyTensor {
  const { description, fortran, dims, start } = readHeader(bytes, name);
  if (fortran && dims.length > 1) {
    throw new UsageError(
      `${name} is in Fortran order: save it in C order, numpy.save(…, numpy.ascontiguousarray(array))`,
    );
  }
  const count = dims.reduce((product, d) => product * d, 1);
  const half = description === '<f2';
  const type = half ? 'float32' : typeOf(description, name);
  const length = count * (half ? 2 : bytesPerElement(type));
  const found = bytes.length - start;
  if (found !== length) {
    throw new UsageError(
      `${name} is ${found < length ? 'cut short' : 'too long'}: [${dims.join(', ')}] takes ${length} bytes, and there are ${found}`,
    );
  }
  const content = bytes.slice(start);
  if (!half) return overBytes(type, dims, content);
  return { type: 'float32', dims, data: Float32Array.from(new Uint16Array(content.buffer), fromHalf) };
}

function typeOf(description: string, name: string): ElementType {
  const types = Object.keys(descriptions) as ElementType[];
  const type = types.find((candidate) => descriptions[candidate].slice(1) === description.slice(1));
  if (description.startsWith('>'))
    throw new UsageError(`${name} is big-endian ('${description}'): save it as little-endian`);
  if (!type)
    throw new UsageError(
      `${name} has elements of type '${description}': save it as float16 or one of ${types.join(', ')}`,
    );
  return type;
}

function readHeader(
  bytes: Uint8Array,
  name: string,
): { description: string; fortran: boolean; dims: number[]; start: number } {
  if (!isNpy(bytes)) throw new UsageError(`${name} is not a .npy file: save it with numpy.save`);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const major = bytes[6] ?? 0;
  const wide = major >= 2;
  if (bytes.length < (wide ? 12 : 10) || major > 3)
    throw new UsageError(`${name} is cut short or of an unknown .npy version`);
  const start = wide ? 12 + view.getUint32(8, true) : 10 + view.getUint16(8, true);
  const header = new TextDecoder('latin1').decode(bytes.subarray(wide ? 12 : 10, start));
  const description = /'descr':\s*'([^']+)'/.exec(header)?.[1];
  const order = /'fortran_order':\s*(True|False)/.exec(header)?.[1];
  const shape = /'shape':\s*\(([\d,\s]*)\)/.exec(header)?.[1];
  if (start > bytes.length || description === undefined || order === undefined || shape === undefined) {
    throw new UsageError(`${name} has no readable .npy header: save a plain array of numbers with numpy.save`);
  }
  const dims = shape
    .split(',')
    .map((d) => d.trim())
    .filter((d) => d !== '')
    .map(Number);
  return { description, fortran: order === 'True', dims, start };
}

/** A tensor as a .npy file, version 1.0. */
export function writeNpy({ type, dims, data }: AnyTensor): Uint8Array {
  const shape = dims.length === 1 ? `${dims[0]},` : dims.join(', ');
  const header = `{'descr': '${descriptions[type]}', 'fortran_order': False, 'shape': (${shape}), }`;
  // The numbers start at a multiple of 64, as NumPy writes them, so that they can be mapped into memory.
  const start = Math.ceil((10 + header.length + 1) / 64) * 64;
  const numbers = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  const bytes = new Uint8Array(start + numbers.length);
  bytes.set([...magic, 1, 0, (start - 10) & 255, (start - 10) >> 8]);
  bytes.set(new TextEncoder().encode(`${header.padEnd(start - 11)}\n`), 10);
  bytes.set(numbers, start);
  return bytes;
}

/** IEEE 754 half precision: 1 sign, 5 exponent and 10 fraction bits. */
function fromHalf(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 31;
  const fraction = bits & 1023;
  if (exponent === 31) return fraction === 0 ? sign * Infinity : NaN;
  return sign * (exponent === 0 ? fraction * 2 ** -24 : (1024 + fraction) * 2 ** (exponent - 25));
}
