import { SightlineError } from '../../errors.ts';
import { toNumbers } from '../../tensor/tensor.ts';
import type { FileNode } from '../onnx/read.ts';
import type { Attributes, Shaped, Value } from '../value.ts';

/** What a canonicaliser sees of a node of the file. */
export interface Reading {
  readonly node: FileNode;
  readonly inputs: readonly (Shaped | undefined)[];
  readonly attributes: Attributes;
  readonly opset: number;
  /** The batch size asked for, and the one that the file is fixed to (undefined where it is free). */
  readonly batch: { readonly wanted: number; readonly fixed: number | undefined };
}
/** The node in canonical form, as the values of its outputs. */
export type Canonicaliser = (reading: Reading) => readonly Value[];

export function data({ node, inputs }: Reading, i = 0): Shaped {
  const x = inputs[i];
  if (!x)
    throw new SightlineError('bad-model', `node '${node.name}' (${node.op}) lacks its input ${i}`, {
      node: node.name,
      op: node.op,
    });
  return x;
}
/** A parameter that is an attribute in old opsets and an input in new ones. Undefined where it is left out. */
export function parameter(reading: Reading, name: string, i: number): readonly number[] | undefined {
  const attribute = reading.attributes[name];
  if (attribute !== undefined) return typeof attribute === 'number' ? [attribute] : (attribute as readonly number[]);
  const input = reading.inputs[i];
  if (!input) return undefined;
  if (!input.constant)
    refuse(reading, `its ${name} is computed from the picture; Sightline needs static shapes and parameters`);
  return toNumbers(input.constant);
}
export function required(reading: Reading, name: string, i: number): readonly number[] {
  return parameter(reading, name, i) ?? refuse(reading, `its ${name} is missing`);
}
export function refuse({ node }: Reading, reason: string): never {
  throw new SightlineError('unsupported', `node '${node.name}' (${node.op}): ${reason}`, {
    node: node.name,
    op: node.op,
    reason,
  });
}
