import { fromBinary } from '@bufbuild/protobuf';
import { SightlineError } from '../../errors.ts';
import type { AnyTensor, ElementType } from '../../tensor/tensor.ts';
import type { Attribute, Attributes } from '../value.ts';
import { ModelProtoSchema, type AttributeProto, type ModelProto, type ValueInfoProto } from './generated/onnx_pb.js';
import { readTensor, typeOf } from './tensors.ts';

/** A node as the file has it: names, and attributes of its own opset. */
export interface FileNode {
  readonly op: string;
  readonly domain: string;
  readonly name: string;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly attributes: Attributes;
}
export interface FileInput {
  readonly name: string;
  readonly type: ElementType;
  /** A number, or the name of a free dimension ('' where it has none). */
  readonly dims: readonly (number | string)[];
}
/** An ONNX file, read but not yet given its shapes. */
export interface OnnxFile {
  readonly opset: number;
  readonly producer: string;
  readonly inputs: readonly FileInput[];
  readonly outputs: readonly string[];
  readonly nodes: readonly FileNode[];
  readonly constants: ReadonlyMap<string, AnyTensor>;
}

const oldest = 7;
const newest = 22;

/**
 * Reads an ONNX file. Weights are views into `bytes`, which must stay as they are while the model is in use.
 * Throws `bad-model` (not ONNX, truncated, external data not handed over) and `unsupported` (opset, element type).
 */
export function readOnnx(bytes: Uint8Array, externalData: Readonly<Record<string, Uint8Array>> = {}): OnnxFile {
  // A Node Buffer's slice() is a view, not a copy: a plain Uint8Array over the same bytes has no such surprise.
  const model = parse(new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength));
  const graph = model.graph;
  if (!graph || graph.node.length === 0 || graph.output.length === 0) {
    throw new SightlineError('bad-model', 'this is not an ONNX model: it has no graph (an .onnx file is expected)', {
      bytes: bytes.byteLength,
    });
  }
  const opset = Number(model.opsetImport.find(({ domain }) => domain === '' || domain === 'ai.onnx')?.version ?? 0);
  if (opset < oldest || opset > newest) {
    throw new SightlineError('unsupported', `the model is of opset ${opset}; Sightline reads ${oldest} to ${newest}`, {
      opset,
    });
  }
  const constants = new Map(graph.initializer.map((proto) => [proto.name, readTensor(proto, externalData)]));
  if (graph.sparseInitializer.length > 0)
    throw new SightlineError('unsupported', 'the model has sparse initialisers: export it with dense ones');
  return {
    opset,
    producer: [model.producerName, model.producerVersion].filter(Boolean).join(' '),
    inputs: graph.input.filter(({ name }) => !constants.has(name)).map(readInput),
    outputs: graph.output.map(({ name }) => name),
    nodes: graph.node.map((proto, i) => ({
      op: proto.opType,
      domain: proto.domain === 'ai.onnx' ? '' : proto.domain,
      name: proto.name || `${proto.opType}#${i}`,
      inputs: proto.input,
      outputs: proto.output,
      attributes: Object.fromEntries(proto.attribute.map((a) => [a.name, readAttribute(a, proto.name, externalData)])),
    })),
    constants,
  };
}

function parse(bytes: Uint8Array): ModelProto {
  try {
    return fromBinary(ModelProtoSchema, bytes);
  } catch (cause) {
    const looksRight = bytes[0] === 0x08 && bytes.byteLength > 16;
    const what = looksRight ? 'the ONNX file is truncated or damaged' : 'this is not an ONNX file';
    throw new SightlineError(
      'bad-model',
      `${what} (${bytes.byteLength} bytes; ${(cause as Error).message})`,
      { bytes: bytes.byteLength },
      { cause },
    );
  }
}

function readInput(info: ValueInfoProto): FileInput {
  const tensor = info.type?.value.case === 'tensorType' ? info.type.value.value : undefined;
  if (!tensor?.shape)
    throw new SightlineError('unsupported', `the input '${info.name}' is not a tensor of known rank`, {
      input: info.name,
    });
  return {
    name: info.name,
    type: typeOf(tensor.elemType, `the input '${info.name}'`),
    dims: tensor.shape.dim.map(({ value }) =>
      value.case === 'dimValue' ? (Number(value.value) > 0 ? Number(value.value) : '') : (value.value ?? ''),
    ),
  };
}

const text = new TextDecoder();
function readAttribute(a: AttributeProto, node: string, external: Readonly<Record<string, Uint8Array>>): Attribute {
  switch (Number(a.type)) {
    case 1:
      return a.f;
    case 2:
      return Number(a.i);
    case 3:
      return text.decode(a.s);
    case 4:
      return readTensor(a.t!, external);
    case 6:
      return a.floats;
    case 7:
      return a.ints.map(Number);
    case 8:
      return a.strings.map((s) => text.decode(s));
    default:
      throw new SightlineError(
        'unsupported',
        `node '${node}': the attribute '${a.name}' is a graph or a sparse tensor (control flow is not supported)`,
        { node },
      );
  }
}
