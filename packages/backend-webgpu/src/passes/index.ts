import { outputsOf, rewrite, type Graph } from '@sightline/core/graph';
import { celu, selu, softsign } from './activations.ts';
import { logSoftmax } from './log-softmax.ts';
import { nothing, or } from './logic.ts';
import type { Lowering } from './lowering.ts';
import { lrn } from './lrn.ts';
import { maxPool } from './max-pool.ts';
import { batchNormalization, groupNormalization } from './normalisation.ts';
import { pow } from './pow.ts';
import { round } from './round.ts';
import { sign } from './sign.ts';
import { slice } from './slice.ts';
import { spaceToDepth } from './space-to-depth.ts';
import { max, mean, min, sum } from './variadic.ts';

/** Ops that onnxruntime-web 1.30 runs on the CPU, or wrongly, in ops that it runs on the GPU and right. */
export const lowerings: Readonly<Record<string, Lowering>> = {
  BatchNormalization: batchNormalization,
  Celu: celu,
  Dropout: nothing,
  GroupNormalization: groupNormalization,
  Identity: nothing,
  LRN: lrn,
  LogSoftmax: logSoftmax,
  Max: max,
  MaxPool: maxPool,
  Mean: mean,
  Min: min,
  Or: or,
  Pow: pow,
  Round: round,
  Selu: selu,
  Sign: sign,
  Slice: slice,
  Softsign: softsign,
  SpaceToDepth: spaceToDepth,
  Sum: sum,
};

/** The same graph in ops that the GPU runs. */
export function lowered(graph: Graph): Graph {
  const renewed = rewrite(outputsOf(graph), (node, inputs) =>
    node.domain === '' ? lowerings[node.op]?.(node, inputs) : undefined,
  );
  const outputs = Object.entries(graph.outputs).map(([name, value]) => [name, renewed(value)] as const);
  return { inputs: graph.inputs, outputs: Object.fromEntries(outputs) };
}
