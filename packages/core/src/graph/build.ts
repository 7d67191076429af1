import { SightlineError } from '../errors.ts';
import type { AnyTensor, ElementType } from '../tensor/tensor.ts';
import { shapeRules } from './shapes/index.ts';
import type { Attributes, Node, Shaped, Value } from './value.ts';

/** A graph input. */
export const input = (name: string, dims: readonly number[], type: ElementType = 'float32'): Shaped => ({
  type,
  dims,
  name,
});

/** A constant; plain numbers become a float32 scalar. */
export function constant(value: AnyTensor | number, name?: string): Shaped {
  const tensor: AnyTensor =
    typeof value === 'number' ? { type: 'float32', dims: [], data: Float32Array.of(value) } : value;
  return { type: tensor.type, dims: tensor.dims, constant: tensor, ...(name !== undefined && { name }) };
}

export interface NodeExtras {
  readonly domain?: string;
  readonly name?: string;
  /** Names of the outputs; '' for one that nobody uses. */
  readonly outputs?: readonly string[];
}

/** A node with its output values, their shapes inferred; unknown where the op or an input's shape is. Throws `bad-model` where inputs do not fit. */
export function node(
  op: string,
  inputs: readonly (Value | undefined)[],
  attributes: Attributes = {},
  extras: NodeExtras = {},
): Node {
  const domain = extras.domain ?? '';
  const rule = shapeRules[domain === '' ? op : `${domain}:${op}`];
  const known = inputs.every((x) => x === undefined || x.dims !== undefined);
  const outcomes =
    rule && known
      ? inferred(() => rule(inputs as readonly (Shaped | undefined)[], attributes, op), op, extras.name)
      : [];
  const outputs: Value[] = [];
  const made: Node = { op, domain, name: extras.name ?? '', inputs, attributes, outputs };
  const count = Math.max(1, outcomes.length, extras.outputs?.length ?? 0);
  for (let i = 0; i < count; i++) {
    const outcome = outcomes[i];
    const name = extras.outputs?.[i];
    outputs.push({ type: outcome?.type ?? 'float32', dims: outcome?.dims, node: made, ...(name && { name }) });
  }
  return made;
}

function inferred<T>(infer: () => T, op: string, name: string | undefined): T {
  try {
    return infer();
  } catch (error) {
    if (!name || !(error instanceof SightlineError)) throw error;
    throw new SightlineError(
      error.code,
      `node '${name}' (${op}): ${error.message}`,
      { ...error.details, node: name, op },
      { cause: error },
    );
  }
}

/** The only output of a new node whose shape is known: what rules build with. */
export function apply(op: string, inputs: readonly (Value | undefined)[], attributes: Attributes = {}): Shaped {
  return shaped(node(op, inputs, attributes).outputs[0]!);
}

/** The value itself, its shape known for sure. Throws `unsupported` with the op that hides it. */
export function shaped(value: Value): Shaped {
  if (value.dims === undefined) {
    const { op, name } = value.node ?? { op: 'an input', name: '' };
    throw new SightlineError(
      'unsupported',
      `the shape of '${value.name ?? ''}' is not known: ${op}${name && ` (node '${name}')`} is not an op Sightline looks into`,
      { op, node: name },
    );
  }
  return value as Shaped;
}
