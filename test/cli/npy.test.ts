import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { AnyTensor } from '@sightline/core';
import { readNpy, writeNpy } from '../../packages/cli/src/npy.ts';

/** A file as NumPy writes it. */
function npy(descr: string, shape: string, numbers: Uint8Array, { order = 'False', version = 1 } = {}): Uint8Array {
  const header = `{'descr': '${descr}', 'fortran_order': ${order}, 'shape': (${shape}), }\n`;
  const length =
    version === 1 ? [header.length & 255, header.length >> 8] : [header.length & 255, header.length >> 8, 0, 0];
  return Uint8Array.from([
    0x93,
    ...new TextEncoder().encode('NUMPY'),
    version,
    0,
    ...length,
    ...new TextEncoder().encode(header),
    ...numbers,
  ]);
}
const bytesOf = (array: ArrayBufferView): Uint8Array =>
  new Uint8Array(array.buffer, array.byteOffset, array.byteLength);

const tensors: readonly AnyTensor[] = [
  { type: 'float32', dims: [2, 3], data: Float32Array.of(0, -1.5, 3e38, 1e-40, Infinity, NaN) },
  { type: 'float64', dims: [1, 1, 2], data: Float64Array.of(Math.PI, -1e300) },
  { type: 'int64', dims: [3], data: BigInt64Array.of(-1n, 2n ** 62n, 0n) },
  { type: 'int32', dims: [2], data: Int32Array.of(-(2 ** 31), 7) },
  { type: 'int8', dims: [2, 1], data: Int8Array.of(-128, 127) },
  { type: 'uint8', dims: [1, 3], data: Uint8Array.of(0, 128, 255) },
  { type: 'bool', dims: [2], data: Uint8Array.of(1, 0) },
  { type: 'float32', dims: [], data: Float32Array.of(42) },
  { type: 'float32', dims: [0, 4], data: new Float32Array(0) },
];

describe('.npy files', () => {
  for (const tensor of tensors) {
    it(`${tensor.type} [${tensor.dims.join(', ')}] comes back as it was written`, () => {
      assert.deepEqual(readNpy(writeNpy(tensor), 'x.npy'), tensor);
    });
  }

  it('the numbers start at a multiple of 64 bytes, after a header that ends in a line feed', () => {
    for (const dims of [[1], [2, 2], [1, 3, 224, 224], new Array<number>(30).fill(1)]) {
      const count = dims.reduce((a, b) => a * b, 1);
      const bytes = writeNpy({ type: 'float32', dims, data: new Float32Array(count) });
      const start = bytes.length - 4 * count;
      assert.equal(start % 64, 0);
      assert.equal(bytes[start - 1], 0x0a);
    }
  });

  it('a view into a larger buffer is written alone, and a file that starts at an odd byte is read', () => {
    const whole = Float32Array.of(9, 1, 2, 9);
    const bytes = writeNpy({ type: 'float32', dims: [2], data: whole.subarray(1, 3) });
    const shifted = new Uint8Array(bytes.length + 1);
    shifted.set(bytes, 1);
    assert.deepEqual(readNpy(shifted.subarray(1), 'x.npy').data, Float32Array.of(1, 2));
  });

  it('float16 is read as float32: normal, subnormal, zero of both signs, infinite, not a number', () => {
    const halves = Uint16Array.of(0x3c00, 0xc000, 0x3555, 0x0001, 0x8000, 0x7bff, 0x7c00, 0x7e00);
    const { type, data } = readNpy(npy('<f2', '8,', bytesOf(halves)), 'half.npy');
    assert.equal(type, 'float32');
    assert.deepEqual(data, Float32Array.of(1, -2, 0.333251953125, 2 ** -24, -0, 65504, Infinity, NaN));
  });

  it('versions 2 and 3 with their longer header are read', () => {
    for (const version of [2, 3])
      assert.deepEqual(
        readNpy(npy('<i4', '1,', Uint8Array.of(5, 0, 0, 0), { version }), 'x.npy').data,
        Int32Array.of(5),
      );
  });

  const four = new Uint8Array(16);
  const refused: readonly [string, Uint8Array, RegExp][] = [
    [
      'Fortran order, by name',
      npy('<f4', '2, 2', four, { order: 'True' }),
      /^x\.npy is in Fortran order: .*ascontiguousarray/,
    ],
    ['big-endian numbers', npy('>f4', '2, 2', four), /big-endian \('>f4'\)/],
    ['a type that no tensor has', npy('<c8', '2', four), /type '<c8'.*float32/],
    ['fewer numbers than the shape says', npy('<f4', '5,', four), /cut short: \[5\] takes 20 bytes, and there are 16/],
    ['more numbers than the shape says', npy('<f4', '3,', four), /too long/],
    ['a header without a shape', npy('<f4', 'x', four), /no readable \.npy header/],
    ['a file that ends in its header', npy('<f4', '2, 2', four).subarray(0, 20), /no readable|cut short/],
    ['a file of another kind', new TextEncoder().encode('hello'), /not a \.npy file/],
    ['an empty file', new Uint8Array(0), /not a \.npy file/],
  ];
  for (const [what, bytes, message] of refused) {
    it(`${what} is refused`, () => {
      assert.throws(() => readNpy(bytes, 'x.npy'), { name: 'UsageError', message });
    });
  }
  it('one axis in Fortran order is the same as in C order, and is read', () => {
    assert.equal(readNpy(npy('<f4', '4,', four, { order: 'True' }), 'x.npy').data.length, 4);
  });
});
