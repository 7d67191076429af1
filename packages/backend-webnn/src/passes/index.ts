import { outputsOf, rewrite, type Graph, type Shaped, type Value } from '@sightline/core/graph';
import { activations } from './activations.ts';
import { averagePool } from './average-pool.ts';
import { lowerConvTransposes } from './conv-transpose.ts';
import { interleave } from './interleave.ts';
import { withoutLeftover } from './leftover.ts';
import type { Lowerings } from './lowering.ts';
import { lowerMasks } from './masks.ts';
import { maxPool } from './max-pool.ts';
import { normalisation } from './normalisation.ts';
import { padding } from './pad.ts';
import { lowerRank } from './rank.ts';
import { reductions } from './reductions.ts';
import { resize } from './resize.ts';
import { wholeSlice } from './slice.ts';
import { spaceToDepth } from './space-to-depth.ts';
import { lowerStridedSlices } from './strided-slice.ts';

/** What WebNN lacks or gets wrong, op by op, in ops that it has. */
const lowerings: Lowerings = {
  ...activations,
  ...normalisation,
  ...reductions,
  AveragePool: averagePool,
  Concat: interleave,
  Conv: withoutLeftover,
  MaxPool: maxPool,
  Pad: padding,
  Resize: resize,
  Slice: wholeSlice,
  SpaceToDepth: spaceToDepth,
};

/** The graph in ops that WebNN runs, and runs right. */
export function lowered(graph: Graph): Graph {
  const passes = [lowerMasks, lowerConvTransposes, lowerStridedSlices, lowerEach, lowerRank];
  return passes.reduce(applied, graph);
}

function lowerEach(roots: readonly Value[]): (value: Value) => Value {
  return rewrite(roots, (original, inputs) => {
    const lowering = original.domain === '' ? lowerings[original.op] : undefined;
    // What has no shape is refused before it comes here, with a better reason than a shape rule would give.
    const known =
      original.outputs[0]!.dims !== undefined && inputs.every((x) => x === undefined || x.dims !== undefined);
    const result = known && lowering?.(original, inputs as readonly Shaped[]);
    return result ? [result] : undefined;
  });
}

function applied(graph: Graph, pass: (roots: readonly Value[]) => (value: Value) => Value): Graph {
  const renewed = pass(outputsOf(graph));
  const outputs = Object.entries(graph.outputs).map(([name, value]) => [name, renewed(value)] as const);
  return { inputs: graph.inputs, outputs: Object.fromEntries(outputs) };
}
