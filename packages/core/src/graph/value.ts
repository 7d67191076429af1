import type { AnyTensor, ElementType } from '../tensor/tensor.ts';

/** An ONNX attribute, as plain data. Whole numbers come as `number`; a nested tensor as a Tensor. */
export type Attribute = number | string | readonly number[] | readonly string[] | AnyTensor;
export type Attributes = Readonly<Record<string, Attribute>>;

/** One op of the graph. Immutable: a pass builds new nodes. */
export interface Node {
  readonly op: string;
  /** '' for the standard ONNX ops. */
  readonly domain: string;
  readonly name: string;
  /** `undefined` where an optional input is left out. */
  readonly inputs: readonly (Value | undefined)[];
  readonly attributes: Attributes;
  readonly outputs: readonly Value[];
}

/**
 * One tensor of the graph: an input (neither node nor constant), a constant, or an output of a node.
 * `dims` is static; `undefined` only downstream of an op whose shape rule Sightline does not know (it can still be run, not differentiated).
 */
export interface Value {
  readonly type: ElementType;
  readonly dims: readonly number[] | undefined;
  readonly name?: string;
  readonly node?: Node;
  readonly constant?: AnyTensor;
}
/** A value whose shape is known: what rules and builders work on. */
export type Shaped = Value & { readonly dims: readonly number[] };

/** A DAG of ONNX ops in canonical form (opset 20, float32, static shapes). Its nodes are what its outputs depend on. */
export interface Graph {
  readonly inputs: readonly Value[];
  /** Outputs by name. */
  readonly outputs: Readonly<Record<string, Value>>;
}
