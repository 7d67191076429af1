import { near, SightlineError } from '../errors.ts';
import type { AnyTensor } from '../tensor/tensor.ts';
import { constant, input, node as build } from './build.ts';
import { arithmetic } from './canonical/arithmetic.ts';
import { layout } from './canonical/layout.ts';
import { refuse, type Canonicaliser, type Reading } from './canonical/rule.ts';
import { windows } from './canonical/windows.ts';
import { evaluate } from './evaluate.ts';
import type { FileInput, FileNode, OnnxFile } from './onnx/read.ts';
import { shapeRules } from './shapes/index.ts';
import type { Graph, Shaped, Value } from './value.ts';

/** How ops that change between opsets, or have forms that rules need not know, are brought into canonical form. */
const canonicalisers: Readonly<Record<string, Canonicaliser>> = { ...arithmetic, ...layout, ...windows };

export interface Bindings {
  readonly batch: number;
  /** For networks whose picture size is free. */
  readonly height?: number;
  readonly width?: number;
}
/** A graph with the names of the file: every tensor by the name that its author gave it. */
export interface NamedGraph extends Graph {
  readonly values: ReadonlyMap<string, Value>;
}

/**
 * Gives a file its shapes: a graph in canonical form, what is constant folded, identities and dropouts gone.
 * Throws `unsupported` with the node's name, op and reason.
 */
export function instantiate(file: OnnxFile, bindings: Bindings): NamedGraph {
  const values = new Map<string, Value>();
  const inputs = file.inputs.map((declared) => input(declared.name, bind(declared, bindings), declared.type));
  for (const value of inputs) values.set(value.name!, value);
  const declaredBatch = file.inputs[0]?.dims[0];
  const batch = { wanted: bindings.batch, fixed: typeof declaredBatch === 'number' ? declaredBatch : undefined };
  const valueOf = (name: string, node: FileNode): Shaped | undefined => {
    if (name === '') return undefined;
    let value = values.get(name);
    if (!value) {
      const stored = file.constants.get(name);
      if (!stored)
        throw new SightlineError(
          'bad-model',
          `node '${node.name}' (${node.op}) reads '${name}', which nothing makes; near names: ${near(name, values.keys()).join(', ')}`,
        );
      value = constant(stored, name);
      values.set(name, value);
    }
    return value as Shaped;
  };
  for (const node of file.nodes) {
    const reading: Reading = {
      node,
      inputs: node.inputs.map((name) => valueOf(name, node)),
      attributes: node.attributes,
      opset: file.opset,
      batch,
    };
    const outputs = within(reading, () => read(reading));
    node.outputs.forEach((name, i) => name && outputs[i] && values.set(name, outputs[i]));
  }
  const outputs = file.outputs.map((name) => {
    const value = values.get(name);
    if (!value) throw new SightlineError('bad-model', `the output '${name}' is made by no node`);
    return [name, value] as const;
  });
  return { inputs, outputs: Object.fromEntries(outputs), values };
}

function bind({ name, dims }: FileInput, { batch, height, width }: Bindings): number[] {
  return dims.map((d, i) => {
    if (i === 0) return batch;
    const bound = typeof d === 'number' ? d : dims.length === 4 ? [undefined, 3, height, width][i] : undefined;
    if (bound === undefined)
      throw new SightlineError(
        'bad-input',
        `dimension ${i} of the input '${name}' [${dims.join(', ')}] is free: say which size the pictures have (preprocessing.size)`,
      );
    return bound;
  });
}

function read(reading: Reading): readonly Value[] {
  const { node, inputs } = reading;
  const key = node.domain === '' ? node.op : `${node.domain}:${node.op}`;
  const canonical = canonicalisers[key];
  if (!canonical && !shapeRules[key]) refuse(reading, `${key} is not an op that Sightline supports`);
  const outputs = canonical
    ? canonical(reading)
    : build(node.op, inputs, node.attributes, { domain: node.domain, name: node.name, outputs: node.outputs }).outputs;
  return outputs.length === 1 ? [folded(node, outputs[0]!)] : outputs;
}

/** What was folded before, so that codebooks are unpacked once a file and not once a batch size. */
const unpacked = new WeakMap<
  FileNode,
  { readonly from: readonly (AnyTensor | undefined)[]; readonly result: AnyTensor }
>();

/** A value that depends on constants alone, as the constant it is. */
function folded(node: FileNode, value: Value): Value {
  if (!value.node || !value.node.inputs.every((x) => x === undefined || x.constant)) return value;
  const from = value.node.inputs.map((x) => x?.constant);
  const known = unpacked.get(node);
  if (known && known.from.length === from.length && known.from.every((x, i) => x === from[i]))
    return constant(known.result, value.name);
  const result = evaluate(value.node, from);
  if (!result) return value;
  unpacked.set(node, { from, result });
  return constant(result, value.name);
}

function within<T>(reading: Reading, work: () => T): T {
  try {
    return work();
  } catch (error) {
    const { name, op } = reading.node;
    if (!(error instanceof SightlineError) || error.message.includes(`'${name}'`)) throw error;
    throw new SightlineError(
      error.code,
      `node '${name}' (${op}): ${error.message}`,
      { ...error.details, node: name, op },
      { cause: error },
    );
  }
}
