import { create, toBinary } from '@bufbuild/protobuf';
import { int64s, tensor, type AnyTensor } from '../../tensor/tensor.ts';
import { onnxTypes } from '../shapes/index.ts';
import { numberOf, numbersOf } from '../shapes/index.ts';
import type { Attribute, Attributes, Graph, Node, Shaped, Value } from '../value.ts';
import { nodesOf, outputsOf } from '../walk.ts';
import {
  AttributeProtoSchema,
  ModelProtoSchema,
  NodeProtoSchema,
  TensorProtoSchema,
  ValueInfoProtoSchema,
  type AttributeProto,
  type NodeProto,
  type TensorProto,
  type ValueInfoProto,
} from './generated/onnx_pb.js';

/** The opset that graphs are written in. */
export const writtenOpset = 20;

/** A graph as the bytes of an .onnx file (opset 20), that any ONNX runtime executes. */
export function writeOnnx(graph: Graph, name = 'sightline'): Uint8Array {
  const writer = new Writer(graph);
  const domains = new Set(writer.nodes.map(({ domain }) => domain).filter(Boolean));
  const model = create(ModelProtoSchema, {
    irVersion: 9n,
    producerName: 'sightline',
    opsetImport: [
      { domain: '', version: BigInt(writtenOpset) },
      ...[...domains].map((domain) => ({ domain, version: 1n })),
    ],
    graph: {
      name,
      node: writer.nodes,
      initializer: writer.initializers,
      input: graph.inputs.map((value) => valueInfo(value.name!, value)),
      output: Object.entries(graph.outputs).map(([output, value]) => valueInfo(output, value)),
    },
  });
  return toBinary(ModelProtoSchema, model);
}

class Writer {
  readonly nodes: NodeProto[] = [];
  readonly initializers: TensorProto[] = [];
  readonly #names = new Map<Value, string>();
  readonly #taken = new Set<string>();
  readonly #small = new Map<string, string>();

  constructor(graph: Graph) {
    for (const value of graph.inputs) this.#claim(value, value.name!);
    for (const [name, value] of Object.entries(graph.outputs)) {
      if (value.node && !this.#names.has(value)) this.#claim(value, name);
      else this.#taken.add(name);
    }
    for (const node of nodesOf(outputsOf(graph))) this.#write(node);
    for (const [name, value] of Object.entries(graph.outputs)) {
      const own = this.#nameOf(value);
      if (own !== name)
        this.nodes.push(
          create(NodeProtoSchema, { opType: 'Identity', name: `output ${name}`, input: [own], output: [name] }),
        );
    }
  }

  #claim(value: Value, wanted: string): string {
    let name = wanted;
    for (let i = 2; this.#taken.has(name); i++) name = `${wanted}~${i}`;
    this.#taken.add(name);
    this.#names.set(value, name);
    return name;
  }

  #nameOf(value: Value | undefined): string {
    if (!value) return '';
    const known = this.#names.get(value);
    if (known !== undefined) return known;
    if (value.constant) return this.#constant(value.constant, value);
    return this.#claim(value, value.name ?? `${value.node?.op ?? 'value'}_${this.#names.size}`);
  }

  /** Small constants are written once, however many nodes use an equal one. */
  #constant(constant: AnyTensor, value?: Value): string {
    const key =
      constant.data.length <= 16 ? `${constant.type} ${constant.dims.join()} ${constant.data.join()}` : undefined;
    let name = key === undefined ? undefined : this.#small.get(key);
    if (name === undefined) {
      name = value ? this.#claim(value, value.name ?? `constant_${this.initializers.length}`) : this.#unused();
      this.initializers.push(tensorProto(name, constant));
      if (key !== undefined) this.#small.set(key, name);
    } else if (value) this.#names.set(value, name);
    return name;
  }
  #unused(): string {
    const name = `parameter_${this.initializers.length}`;
    this.#taken.add(name);
    return name;
  }

  #write(node: Node): void {
    const { inputs, attributes } = fileForm(node);
    const names = inputs.map((x) => (x && 'data' in x ? this.#constant(x) : this.#nameOf(x)));
    while (names.at(-1) === '') names.pop();
    this.nodes.push(
      create(NodeProtoSchema, {
        opType: node.op,
        domain: node.domain,
        name: `${node.name || node.op} ${this.nodes.length}`,
        input: names,
        output: node.outputs.map((value) => this.#nameOf(value)),
        attribute: Object.entries(attributes).map(([name, value]) => attributeProto(name, value)),
      }),
    );
  }
}

interface FileForm {
  readonly inputs: readonly (Value | AnyTensor | undefined)[];
  readonly attributes: Attributes;
}
/** Canonical form has static parameters as attributes; opset 20 wants some of them as inputs. */
function fileForm({ op, domain, inputs, attributes }: Node): FileForm {
  const moved = domain === '' ? movers[op.startsWith('Reduce') ? 'Reduce' : op] : undefined;
  if (!moved) return { inputs, attributes };
  const { names, parameters } = moved(attributes, inputs[0] as Shaped);
  return {
    inputs: [...inputs, ...parameters],
    attributes: Object.fromEntries(Object.entries(attributes).filter(([name]) => !names.includes(name))),
  };
}
interface Moved {
  readonly names: readonly string[];
  readonly parameters: readonly (AnyTensor | undefined)[];
}
const list =
  (name: string) =>
  (attributes: Attributes): Moved => ({ names: [name], parameters: [int64s(numbersOf(attributes, name))] });
const scalar = (value: Attribute | undefined): AnyTensor | undefined =>
  typeof value === 'number' ? tensor([], [value]) : undefined;
const movers: Readonly<Record<string, (attributes: Attributes, x: Shaped) => Moved>> = {
  Reshape: list('shape'),
  Expand: list('shape'),
  Tile: list('repeats'),
  Split: list('split'),
  Reduce: list('axes'),
  CumSum: (attributes) => ({ names: ['axis'], parameters: [int64s([numberOf(attributes, 'axis')], [])] }),
  Slice: (attributes, x) => {
    const names = ['starts', 'ends', 'steps'];
    const [starts, ends, steps] = names.map((name) => numbersOf(attributes, name)) as [number[], number[], number[]];
    const axes = x.dims.map((_, i) => i).filter((i) => starts[i] !== 0 || steps[i] !== 1 || ends[i]! < x.dims[i]!);
    return {
      names,
      parameters: [starts, ends, x.dims.map((_, i) => i), steps].map((values) => int64s(axes.map((i) => values[i]!))),
    };
  },
  Pad: (attributes) => ({
    names: ['pads', 'value'],
    parameters: [int64s(numbersOf(attributes, 'pads')), scalar(attributes['value'] ?? 0)],
  }),
  Clip: (attributes) => ({ names: ['min', 'max'], parameters: [scalar(attributes['min']), scalar(attributes['max'])] }),
  Resize: (attributes) => ({
    names: ['scales', 'sizes'],
    parameters: attributes['scales']
      ? [undefined, tensor([numbersOf(attributes, 'scales').length], numbersOf(attributes, 'scales'))]
      : [undefined, undefined, int64s(numbersOf(attributes, 'sizes'))],
  }),
};

const floatAttributes = new Set([
  'alpha',
  'beta',
  'gamma',
  'epsilon',
  'bias',
  'momentum',
  'lambd',
  'extrapolation_value',
  'cubic_coeff_a',
]);
function attributeProto(name: string, value: Attribute): AttributeProto {
  if (typeof value === 'string')
    return create(AttributeProtoSchema, { name, type: 3, s: new TextEncoder().encode(value) });
  if (typeof value === 'number') {
    const float = floatAttributes.has(name);
    return create(AttributeProtoSchema, float ? { name, type: 1, f: value } : { name, type: 2, i: BigInt(value) });
  }
  if ('data' in value) return create(AttributeProtoSchema, { name, type: 4, t: tensorProto('', value) });
  if (value.some((v) => typeof v === 'string')) {
    return create(AttributeProtoSchema, {
      name,
      type: 8,
      strings: value.map((v) => new TextEncoder().encode(String(v))),
    });
  }
  return create(AttributeProtoSchema, { name, type: 7, ints: value.map((v) => BigInt(v)) });
}
const tensorProto = (name: string, { type, dims, data }: AnyTensor): TensorProto =>
  create(TensorProtoSchema, {
    name,
    dims: dims.map(BigInt),
    dataType: onnxTypes[type],
    rawData: new Uint8Array(data.buffer, data.byteOffset, data.byteLength),
  });
const valueInfo = (name: string, { type, dims }: Value): ValueInfoProto =>
  create(ValueInfoProtoSchema, {
    name,
    type: {
      value: {
        case: 'tensorType',
        value: {
          elemType: onnxTypes[type],
          ...(dims && {
            shape: { dim: dims.map((d) => ({ value: { case: 'dimValue' as const, value: BigInt(d) } })) },
          }),
        },
      },
    },
  });
