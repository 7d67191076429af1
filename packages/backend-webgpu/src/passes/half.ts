import { apply, outputsOf, rewrite, type Graph, type Node, type Shaped, type Value } from '@sightline/core/graph';

/** ONNX's numbers for element types. A value in between counts as float32: graphs of Sightline know no float16. */
const float16 = 10;
const float32 = 1;
const cast = (x: Value, to: number): Shaped => apply('Cast', [x], { to });

/**
 * Convolutions in half precision: data and weights are cast on the way in and the result on the way out; the runtime casts constant weights
 * once, when it compiles, and keeps them so. Everything else, sums over channels and pictures above all, stays in float32.
 */
export function halved(graph: Graph): Graph {
  const renewed = rewrite(outputsOf(graph), (node, inputs) => (convolves(node) ? inHalf(node, inputs) : undefined));
  const outputs = Object.entries(graph.outputs).map(([name, value]) => [name, renewed(value)] as const);
  return { inputs: graph.inputs, outputs: Object.fromEntries(outputs) };
}

const convolves = ({ op, domain, inputs }: Node): boolean =>
  domain === '' &&
  (op === 'Conv' || op === 'ConvTranspose') &&
  inputs.every((x) => x === undefined || (x.type === 'float32' && x.dims !== undefined));

function inHalf({ op, attributes }: Node, inputs: readonly (Value | undefined)[]): readonly Value[] {
  const narrow = inputs.map((x) => x && cast(x, float16));
  return [cast(apply(op, narrow, attributes), float32)];
}
