/** The formats themselves, without files: for browsers too. */

/** An array of a .npy file. Whole numbers of 64 bits come as the nearest double. */
export interface NpyArray {
  /** NumPy's name of the element type: f2, f4, f8, i4, u1, b1 … */
  readonly type: string;
  readonly dims: readonly number[];
  readonly data: Float32Array | Float64Array | Int32Array | Uint8Array;
}

export function parseNpy(file: Uint8Array): NpyArray {
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  if (view.getUint32(0) !== 0x934e554d) throw new Error('not a .npy file');
  const long = view.getUint8(6) > 1;
  const start = long ? 12 : 10;
  const end = start + (long ? view.getUint32(8, true) : view.getUint16(8, true));
  const header = new TextDecoder('latin1').decode(file.subarray(start, end));
  const type = /'descr': '[<|=]([a-z]\d+)'/.exec(header)?.[1];
  const read = type === undefined ? undefined : readers[type];
  if (!type || !read) throw new Error(`element type not supported: ${header}`);
  if (/'fortran_order': True/.test(header)) throw new Error('column-major arrays are not supported');
  const dims = (/'shape': \(([^)]*)\)/.exec(header)?.[1] ?? '')
    .split(',')
    .filter((d) => d.trim() !== '')
    .map(Number);
  const count = dims.reduce((a, b) => a * b, 1);
  return { type, dims, data: read(new DataView(file.buffer, file.byteOffset + end), count) };
}

type Reader = (view: DataView, count: number) => NpyArray['data'];
const readers: Readonly<Record<string, Reader>> = {
  f2: (view, n) => Float32Array.from({ length: n }, (_, i) => half(view.getUint16(2 * i, true))),
  f4: (view, n) => Float32Array.from({ length: n }, (_, i) => view.getFloat32(4 * i, true)),
  f8: (view, n) => Float64Array.from({ length: n }, (_, i) => view.getFloat64(8 * i, true)),
  i2: (view, n) => Int32Array.from({ length: n }, (_, i) => view.getInt16(2 * i, true)),
  i4: (view, n) => Int32Array.from({ length: n }, (_, i) => view.getInt32(4 * i, true)),
  i8: (view, n) => Float64Array.from({ length: n }, (_, i) => Number(view.getBigInt64(8 * i, true))),
  u1: (view, n) => Uint8Array.from({ length: n }, (_, i) => view.getUint8(i)),
  b1: (view, n) => Uint8Array.from({ length: n }, (_, i) => view.getUint8(i)),
};

/** IEEE half precision: sign, 5 bits of exponent, 10 of fraction. */
function half(bits: number): number {
  const [sign, exponent, fraction] = [bits & 0x8000 ? -1 : 1, (bits >> 10) & 31, bits & 1023];
  if (exponent === 0) return sign * fraction * 2 ** -24;
  if (exponent === 31) return fraction ? NaN : sign * Infinity;
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}

/** A file of a zip archive as it lies there. */
export interface Packed {
  readonly name: string;
  readonly bytes: Uint8Array;
  readonly deflated: boolean;
}
/** The files of a zip archive, found through its central directory; stored or deflated, below 4 GiB. */
export function* packedFiles(zip: Uint8Array): Generator<Packed> {
  const view = new DataView(zip.buffer, zip.byteOffset, zip.byteLength);
  let end = zip.length - 22;
  while (end >= 0 && view.getUint32(end, true) !== 0x06054b50) end--;
  if (end < 0) throw new Error('not a zip archive');
  let at = view.getUint32(end + 16, true);
  for (let left = view.getUint16(end + 10, true); left > 0; left--) {
    const [nameLength, extraLength, commentLength] = [28, 30, 32].map((field) => view.getUint16(at + field, true)) as [
      number,
      number,
      number,
    ];
    const name = new TextDecoder().decode(zip.subarray(at + 46, at + 46 + nameLength));
    const local = view.getUint32(at + 42, true);
    const start = local + 30 + view.getUint16(local + 26, true) + view.getUint16(local + 28, true);
    const packed = zip.subarray(start, start + view.getUint32(at + 20, true));
    const method = view.getUint16(at + 10, true);
    if (method !== 0 && method !== 8) throw new Error(`${name}: compression method ${method} is not supported`);
    yield { name, bytes: packed, deflated: method === 8 };
    at += 46 + nameLength + extraLength + commentLength;
  }
}
