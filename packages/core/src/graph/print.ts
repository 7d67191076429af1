import type { Attribute, Graph, Value } from './value.ts';
import { nodesOf, outputsOf } from './walk.ts';

/** A graph as text, one node a line: for reading, for tests and for bug reports. */
export function print(graph: Graph): string {
  const names = new Map<Value, string>();
  const nameOf = (value: Value | undefined): string => {
    if (!value) return '∅';
    if (value.constant)
      return value.constant.data.length === 1
        ? String(value.constant.data[0])
        : `${value.constant.type}[${value.constant.dims.join('×')}]`;
    if (!names.has(value)) names.set(value, value.name ?? `%${names.size}`);
    return names.get(value)!;
  };
  const shape = (value: Value): string => `${nameOf(value)} [${value.dims?.join('×') ?? '?'}]`;
  const attribute = ([name, value]: [string, Attribute]): string =>
    `${name}=${Array.isArray(value) ? `[${value.join()}]` : typeof value === 'object' ? 'tensor' : String(value)}`;
  return [
    ...graph.inputs.map((value) => `input ${shape(value)}`),
    ...nodesOf(outputsOf(graph)).map(({ op, inputs, attributes, outputs }) => {
      const given = Object.entries(attributes).map(attribute).join(' ');
      return `${outputs.map(shape).join(', ')} = ${op}(${inputs.map(nameOf).join(', ')})${given && ` {${given}}`}`;
    }),
    ...Object.entries(graph.outputs).map(([name, value]) => `output ${name} = ${nameOf(value)}`),
  ].join('\n');
}
