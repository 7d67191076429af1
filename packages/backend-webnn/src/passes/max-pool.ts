import { apply, max, type Shaped } from '@sightline/core/graph';
import { withoutLeftover } from './leftover.ts';
import type { Lowering } from './lowering.ts';
import { inside, merged, padded, plainWindow, poolOf, type Pool } from './windows.ts';

/** Below every activation, and a number. */
const lowest = -3.4028234663852886e38;

const nonNegative: ReadonlySet<string> = new Set(['Relu', 'Sigmoid', 'Abs', 'Softplus', 'HardSigmoid', 'Softmax']);
/** What WebNN pads with, zero, never wins over these. */
const zeroIsLowest = ({ node }: Shaped): boolean =>
  node !== undefined &&
  (nonNegative.has(node.op) ||
    (node.op === 'Clip' && Number(node.attributes['min'] ?? -1) >= 0) ||
    (node.op === 'MaxPool' && zeroIsLowest(node.inputs[0] as Shaped)));

export const pooled = (op: string, x: Shaped, { window: { kernel, strides, begin } }: Pool, extra = {}): Shaped =>
  apply(op, [x], {
    kernel_shape: kernel,
    strides,
    dilations: kernel.map(() => 1),
    pads: [...begin, ...begin].map(() => 0),
    ceil_mode: 0,
    ...extra,
  });

/** WebNN (LiteRT) pads with zeros, which win over negative data; overhanging windows of ceil_mode and dilations it gets wrong or not at all. */
export const maxPool: Lowering = (node, [x]) => {
  const pool = poolOf(node, x!);
  if (!plainWindow(pool)) return merged(padded(x!, pool, lowest), pool, max);
  const overhangs = Number(node.attributes['ceil_mode'] ?? 0) === 1;
  if (!overhangs && (inside(pool) || zeroIsLowest(x!))) return withoutLeftover(node, [x!]);
  return pooled('MaxPool', padded(x!, pool, lowest), pool);
};
