import type { Attributes, Node, Value } from '../../packages/core/src/graph/value.ts';
import { topological } from '../../packages/core/src/graph/walk.ts';
import { count, type Index, type Reals } from './array.ts';
import { elementwise } from './elementwise.ts';
import { layout } from './layout.ts';
import { resize } from './resize.ts';
import { spatial } from './spatial.ts';

/** Attributes, checked. */
export interface Reader {
  number(name: string, otherwise?: number): number;
  word(name: string): string;
  list(name: string): Index;
}
export interface Site {
  readonly node: Node;
  readonly attributes: Attributes;
  readonly read: Reader;
}
/** One ONNX op in float64, from its text: it finds the shape of its result by itself. */
export type Operation = (inputs: readonly [Reals, Reals, Reals, Reals?, Reals?], site: Site) => readonly Reals[];

export const operations: Readonly<Record<string, Operation>> = {
  ...elementwise,
  ...spatial,
  ...layout,
  Resize: resize,
};

const reader = (attributes: Attributes): Reader => {
  const read = <T>(name: string, otherwise: T | undefined, is: (value: unknown) => value is T): T => {
    const value: unknown = attributes[name] ?? otherwise;
    if (!is(value)) throw new TypeError(`attribute '${name}'`);
    return value;
  };
  return {
    number: (name, otherwise) => read(name, otherwise, (v): v is number => typeof v === 'number'),
    word: (name) => read(name, undefined, (v): v is string => typeof v === 'string'),
    list: (name) => read(name, undefined, (v): v is readonly number[] => Array.isArray(v)),
  };
};

/**
 * The values in float64, one op after the other by its definition: slow, and right by inspection. Throws where the shape
 * that an op comes out with is not the one that the graph says.
 */
export function interpret(values: readonly Value[], feeds: ReadonlyMap<Value, Reals>): Reals[] {
  const known = new Map<Value, Reals>(feeds);
  for (const value of topological(values)) {
    if (known.has(value)) continue;
    if (value.constant) {
      known.set(value, {
        dims: value.constant.dims,
        data: Float64Array.from(value.constant.data as ArrayLike<number | bigint>, Number),
      });
      continue;
    }
    const { node } = value;
    if (!node) throw new Error(`nothing was fed for the input '${value.name}'`);
    const operation = operations[node.op];
    if (!operation) throw new Error(`the oracle does not know ${node.op}`);
    const inputs = node.inputs.map((input) => input && known.get(input)) as unknown as Parameters<Operation>[0];
    const results = operation(inputs, { node, attributes: node.attributes, read: reader(node.attributes) });
    node.outputs.forEach((output, i) => known.set(output, checked(output, results[i]!)));
  }
  return values.map((value) => known.get(value)!);
}

function checked(output: Value, result: Reals): Reals {
  const said = output.dims?.join() ?? 'nothing';
  if (result.dims.join() !== said || result.data.length !== count(result.dims)) {
    throw new Error(`${output.node?.op}: the graph says [${said}], the oracle [${result.dims.join()}]`);
  }
  return result;
}
