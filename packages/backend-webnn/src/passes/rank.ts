import {
  apply,
  numbersOf,
  reduceSum,
  reshape,
  rewrite,
  shaped,
  type Node,
  type Shaped,
  type Value,
} from '@sightline/core/graph';
import { size } from '@sightline/core/tensor';
import { range } from './lowering.ts';

/** The largest rank that WebNN (LiteRT) takes, where it is less than six: `opSupportLimits` of Chromium 147. */
const limits: Readonly<Record<string, number>> = {
  ...Object.fromEntries(
    ['Equal', 'Greater', 'GreaterOrEqual', 'Less', 'LessOrEqual', 'And', 'Or', 'Pow', 'PRelu'].map((op) => [op, 4]),
  ),
  ...Object.fromEntries(
    ['Where', 'Max', 'Min', 'Div', 'Relu', 'Clip', 'Elu', 'Erf', 'Reciprocal', 'Pad', 'Slice'].map((op) => [op, 5]),
  ),
  ...Object.fromEntries(
    ['Add', 'Sub', 'Mul', 'Sigmoid', 'HardSigmoid', 'HardSwish', 'Softplus', 'Softsign'].map((op) => [op, 6]),
  ),
};

/** Reductions that can be taken axis by axis, and the largest rank that LiteRT reduces at once (its limits say eight). */
const reductions: ReadonlySet<string> = new Set(['ReduceSum', 'ReduceMean', 'ReduceMax', 'ReduceMin']);
const reducible = 6;

/** Ops that are element by element but for broadcasting. */
const rankOf = ({ outputs, inputs }: Node): number =>
  Math.max(...[...inputs, ...outputs].map((value) => value?.dims?.length ?? 0));

/** Nodes of a higher rank than WebNN takes, over data in which axes that fare alike are one; and scalars, which it cannot reshape to. */
export function lowerRank(roots: readonly Value[]): (value: Value) => Value {
  return rewrite(roots, (node, given) => {
    const inputs = given as readonly Shaped[];
    if (node.domain !== '' || inputs.some((x) => x?.dims === undefined) || node.outputs[0]!.dims === undefined)
      return undefined;
    if (node.op === 'Reshape' && node.outputs[0]!.dims.length === 0 && inputs[0]!.dims.length > 0)
      return [reduceSum(inputs[0]!, range(inputs[0]!.dims.length), false)];
    if (reductions.has(node.op) && rankOf(node) > reducible) return [reducedInTurn(node, inputs[0]!)];
    const limit = limits[node.op];
    if (limit === undefined || rankOf(node) <= limit) return undefined;
    const runs = node.op === 'Pad' || node.op === 'Slice' ? untouchedRuns(node, inputs[0]!) : alikeRuns(inputs);
    return runs.length > limit ? undefined : [narrowed(node, inputs, runs)];
  });
}

/** One axis after the other, of three: before it, itself, behind it. */
function reducedInTurn({ op, attributes, outputs }: Node, x: Shaped): Shaped {
  const axes = numbersOf(attributes, 'axes').filter((axis) => x.dims[axis] !== 1);
  const done = axes.reduce<{ readonly value: Shaped; readonly dims: readonly number[] }>(
    ({ value, dims }, axis) => {
      const three = [size(dims.slice(0, axis)), dims[axis]!, size(dims.slice(axis + 1))];
      const reduced = apply(op, [reshape(value, three)], { axes: [1], keepdims: 1 });
      return { value: reduced, dims: dims.map((d, i) => (i === axis ? 1 : d)) };
    },
    { value: x, dims: x.dims },
  );
  return reshape(done.value, outputs[0]!.dims!);
}

/** Why a node is of too high a rank even so. */
export function refusesRank(node: Node): string | undefined {
  const limit = limits[node.op];
  if (limit === undefined || rankOf(node) <= limit) return undefined;
  const inputs = node.inputs.map((x) => shaped(x!));
  const runs = node.op === 'Pad' || node.op === 'Slice' ? untouchedRuns(node, inputs[0]!) : alikeRuns(inputs);
  return runs.length > limit
    ? `WebNN takes ${limit} axes, and ${runs.length} of its ${rankOf(node)} cannot be made one`
    : undefined;
}

/** Runs of axes, as lists. */
type Runs = readonly (readonly number[])[];
const runsOf = (rank: number, joins: (axis: number) => boolean): Runs =>
  range(rank).reduce<number[][]>((runs, axis) => {
    if (axis > 0 && joins(axis)) runs.at(-1)!.push(axis);
    else runs.push([axis]);
    return runs;
  }, []);

const leading = (dims: readonly number[], rank: number): number[] => [
  ...range(rank - dims.length).map(() => 1),
  ...dims,
];

/** Neighbours along which the same operands are stretched. */
function alikeRuns(inputs: readonly Shaped[]): Runs {
  const rank = Math.max(...inputs.map(({ dims }) => dims.length));
  const all = inputs.map(({ dims }) => leading(dims, rank));
  const stretched = (axis: number): string => all.map((dims) => Number(dims[axis] === 1)).join('');
  return runsOf(rank, (axis) => stretched(axis) === stretched(axis - 1));
}

/** Neighbours that neither pads nor slices touch. */
function untouchedRuns(node: Node, x: Shaped): Runs {
  const rank = x.dims.length;
  const out = node.outputs[0]!.dims!;
  const step = (axis: number): boolean => node.op === 'Slice' && numbersOf(node.attributes, 'steps')[axis] !== 1;
  const moved = (axis: number): boolean =>
    node.op === 'Pad' &&
    (numbersOf(node.attributes, 'pads')[axis] !== 0 || numbersOf(node.attributes, 'pads')[axis + rank] !== 0);
  const touched = (axis: number): boolean => out[axis] !== x.dims[axis] || step(axis) || moved(axis);
  return runsOf(rank, (axis) => !touched(axis) && !touched(axis - 1));
}

function narrowed(node: Node, inputs: readonly Shaped[], runs: Runs): Shaped {
  const rank = runs.flat().length;
  const joined = (dims: readonly number[]): number[] =>
    runs.map((run) => size(run.map((axis) => leading(dims, rank)[axis]!)));
  const first = (values: readonly number[]): number[] => runs.map(([axis]) => values[axis!]!);
  const operands = inputs.map((x) => reshape(x, joined(x.dims)));
  const dims = node.outputs[0]!.dims!;
  const attributes = { ...node.attributes };
  if (node.op === 'Pad') {
    const pads = numbersOf(node.attributes, 'pads');
    attributes['pads'] = [...first(pads.slice(0, rank)), ...first(pads.slice(rank))];
  }
  if (node.op === 'Slice') {
    const [starts, ends, steps] = ['starts', 'ends', 'steps'].map((name) => numbersOf(node.attributes, name));
    // What is not touched keeps all of its joined length.
    attributes['starts'] = runs.map((run) => (run.length > 1 ? 0 : starts![run[0]!]!));
    attributes['ends'] = runs.map((run, i) => (run.length > 1 ? joined(inputs[0]!.dims)[i]! : ends![run[0]!]!));
    attributes['steps'] = first(steps!);
  }
  return reshape(apply(node.op, operands, attributes), dims);
}
