import { SightlineError } from '../../errors.ts';
import {
  bytesPerElement,
  elementArrays,
  overBytes,
  size,
  type AnyTensor,
  type ElementType,
} from '../../tensor/tensor.ts';
import { elementType } from '../shapes/index.ts';
import { TensorProto_DataLocation, type TensorProto } from './generated/onnx_pb.js';

const typeNames: Readonly<Record<number, string>> = {
  ...{ 4: 'uint16', 5: 'int16', 8: 'string', 12: 'uint32', 13: 'uint64', 14: 'complex64', 15: 'complex128' },
  ...{
    17: 'float8e4m3fn',
    18: 'float8e4m3fnuz',
    19: 'float8e5m2',
    20: 'float8e5m2fnuz',
    21: 'uint4',
    22: 'int4',
    23: 'float4e2m1',
  },
};
/** The element type as a graph holds it. Throws `unsupported`, naming the tensor. */
export function typeOf(onnx: number, what: string): ElementType {
  const type = elementType(onnx);
  if (type) return type;
  const name = typeNames[onnx] ?? `number ${onnx}`;
  throw new SightlineError(
    'unsupported',
    `${what} holds elements of type ${name}; Sightline reads float32, float64, float16, bfloat16, int64, int32, int8, uint8 and bool`,
    { type: name },
  );
}

/** A tensor of the file. Weights stay views into the file's bytes, made when first asked for; half-precision ones are widened then. */
export function readTensor(proto: TensorProto, external: Readonly<Record<string, Uint8Array>>): AnyTensor {
  const what = `the tensor '${proto.name}'`;
  const onnx = proto.dataType;
  const type = typeOf(onnx, what);
  const dims = proto.dims.map(Number);
  const half = onnx === 10 || onnx === 16;
  const raw = proto.dataLocation === TensorProto_DataLocation.EXTERNAL ? externalBytes(proto, external) : proto.rawData;
  if (raw.byteLength > 0) {
    const expected = size(dims) * (half ? 2 : bytesPerElement(type));
    if (raw.byteLength !== expected) {
      throw new SightlineError(
        'bad-model',
        `${what} [${dims.join(', ')}] should have ${expected} bytes but has ${raw.byteLength}: the file is damaged`,
      );
    }
    return lazy(type, dims, () => (half ? widen(raw, onnx === 16) : overBytes(type, dims, raw).data));
  }
  const listed =
    [proto.floatData, proto.int32Data, proto.int64Data, proto.doubleData].find((list) => list.length > 0) ?? [];
  if (listed.length !== size(dims))
    throw new SightlineError(
      'bad-model',
      `${what} [${dims.join(', ')}] holds ${listed.length} numbers: the file is damaged`,
    );
  return lazy(type, dims, () => {
    if (half) return widen(new Uint8Array(Uint16Array.from(listed as number[]).buffer), onnx === 16);
    const data = new elementArrays[type](listed.length);
    (listed as (number | bigint)[]).forEach((v, i) => (data[i] = (type === 'int64' ? BigInt(v) : Number(v)) as never));
    return data;
  });
}

/** A tensor whose numbers are made when first read. */
export function lazy(type: ElementType, dims: readonly number[], make: () => AnyTensor['data']): AnyTensor {
  let data: AnyTensor['data'] | undefined;
  return {
    type,
    dims,
    get data() {
      return (data ??= make());
    },
  } as AnyTensor;
}

function externalBytes(proto: TensorProto, external: Readonly<Record<string, Uint8Array>>): Uint8Array {
  const entry = new Map(proto.externalData.map(({ key, value }) => [key, value]));
  const location = entry.get('location') ?? '';
  const file = external[location];
  if (!file) {
    throw new SightlineError(
      'bad-model',
      `the weights '${proto.name}' are kept in another file, '${location}': hand it over with the model (externalData)`,
      { tensor: proto.name, location },
    );
  }
  const offset = Number(entry.get('offset') ?? 0);
  const length = Number(entry.get('length') ?? file.byteLength - offset);
  if (offset + length > file.byteLength)
    throw new SightlineError(
      'bad-model',
      `'${location}' is too short: '${proto.name}' needs bytes ${offset} to ${offset + length} of ${file.byteLength}`,
    );
  return file.subarray(offset, offset + length);
}

/** float16 or bfloat16 bits to float32. */
function widen(raw: Uint8Array, bfloat: boolean): Float32Array {
  const bits = new Uint16Array(
    raw.byteOffset % 2 === 0 ? raw.buffer : raw.slice().buffer,
    raw.byteOffset % 2 === 0 ? raw.byteOffset : 0,
    raw.byteLength / 2,
  );
  const result = new Float32Array(bits.length);
  const words = new Uint32Array(result.buffer);
  for (let i = 0; i < bits.length; i++) {
    const h = bits[i]!;
    if (bfloat) {
      words[i] = h << 16;
      continue;
    }
    const exponent = (h >> 10) & 31;
    const fraction = h & 1023;
    const sign = h & 0x8000 ? -1 : 1;
    if (exponent === 0) result[i] = sign * fraction * 2 ** -24;
    else words[i] = ((h & 0x8000) << 16) | ((exponent === 31 ? 255 : exponent + 112) << 23) | (fraction << 13);
  }
  return result;
}
