import { SightlineError } from '../errors.ts';
import { apply, input, node as build, shaped } from '../graph/build.ts';
import { add, expand, mul, reshape, sameDims } from '../graph/ops.ts';
import { numberOf } from '../graph/shapes/index.ts';
import type { Graph, Node, Shaped, Value } from '../graph/value.ts';
import { rewrite, topological } from '../graph/walk.ts';
import { size } from '../tensor/tensor.ts';
import { layerOf, type Classifier } from './classifier.ts';
import { overPositions, selectClasses, selectionInput } from './select-classes.ts';

/** What the rest of a network reads of a picture: the layer, and whatever goes past it (the skip of a residual block). */
export interface Cut {
  readonly layer: Shaped;
  readonly beside: readonly Shaped[];
}

/** Cuts the network at its layer. */
export function cutOf(classifier: Classifier): Cut {
  const layer = layerOf(classifier);
  const after = new Set<Value>([layer]);
  const fromPicture = new Set<Value>([classifier.picture]);
  const beside = new Set<Value>();
  for (const value of topological([classifier.logits])) {
    const sources = value.node?.inputs.filter((source) => source !== undefined) ?? [];
    if (sources.some((source) => fromPicture.has(source))) fromPicture.add(value);
    if (after.has(value) || !sources.some((source) => after.has(source))) continue;
    after.add(value);
    for (const source of sources) if (fromPicture.has(source) && !after.has(source)) beside.add(source);
  }
  return { layer, beside: [...beside].map(shaped) };
}

export const keepInput = 'keep';
/** The names under which the tail takes what the cut holds: its layer, then what goes past it. */
export const cutInputs = ({ beside }: Cut): string[] => ['cut', ...beside.map((_, i) => `cut ${i + 1}`)];

/**
 * The rest of the network for a batch of n copies of one activation, each with other channels: the cut [1, …] and keep [n, K]
 * in (1 keeps a channel, 0 zeroes it), the logits [n, classes] out. With `selected` a list of that many classes comes in as
 * well and only their logits go out; undefined where the tail's end does not allow that.
 *
 * Nothing is computed n times that need not be. The zeros wait: through pools and ReLUs, which treat each channel by itself and
 * leave zeros alone, one copy goes on, and a convolution whose weights are fewer than the data takes them into its weights
 * (conv(A ⊙ keep, w) = conv(A, w ⊙ keep)), so that n tails are n filters over one activation. All of it is exact: products
 * with 0 and 1.
 */
export function tailGraph(classifier: Classifier, selected?: number): Graph | undefined {
  const cut = cutOf(classifier);
  const { layer } = cut;
  const [n, K] = layer.dims as [number, number];
  const names = cutInputs(cut);
  const activation = input(names[0]!, [1, ...layer.dims.slice(1)]);
  const beside = cut.beside.map((value, i) => input(names[i + 1]!, [1, ...value.dims.slice(1)]));
  const keep = input(keepInput, [n, K]);
  const selection = selected === undefined ? undefined : input(selectionInput, [selected], 'int64');
  const logits = selection ? selectClasses(classifier.logits, selection, layer) : classifier.logits;
  if (!logits) return undefined;

  const replaced = new Map<Value, Shaped>([
    [layer, activation],
    ...cut.beside.map((value, i): [Value, Shaped] => [value, copies(beside[i]!, value)]),
  ]);
  const waiting = new Set<Value>([activation]);
  const masked = (value: Value): Value => (waiting.has(value) ? mul(shaped(value), fitted(keep, value)) : value);
  const renewed = rewrite([logits], (original, inputs) => {
    if (original.outputs.some((output) => replaced.has(output)))
      return original.outputs.map((output) => replaced.get(output) ?? output);
    const [x] = inputs;
    if (!inputs.some((value) => value && waiting.has(value))) return undefined;
    const onward = waiting.has(x!) ? channelwise(original, x!) : undefined;
    if (onward) {
      waiting.add(onward);
      return [onward];
    }
    const filtered = waiting.has(x!) ? asFilters(original, inputs, keep) : undefined;
    if (filtered) return [filtered];
    const { op, domain, name, attributes } = original;
    return build(
      op,
      inputs.map((value) => value && masked(value)),
      attributes,
      { domain, name },
    ).outputs;
  });
  const end = shaped(masked(renewed(logits)));
  return { inputs: [activation, ...beside, keep, ...(selection ? [selection] : [])], outputs: { logits: end } };
}

/** One value of the cut as often as the batch has copies. */
function copies(one: Shaped, value: Shaped): Shaped {
  if (sameDims(one.dims.slice(1), value.dims.slice(1))) return expand(one, value.dims);
  throw new SightlineError(
    'unsupported',
    `'${value.name ?? ''}' [${value.dims.join(', ')}] has no batch to copy it into`,
  );
}

/** keep [n, K] beside a value [1, K, …]. */
const fitted = (keep: Shaped, value: Value): Shaped =>
  reshape(keep, [
    ...keep.dims,
    ...shaped(value)
      .dims.slice(2)
      .map(() => 1),
  ]);

const zeroToZero: ReadonlySet<string> = new Set([
  'Relu',
  'MaxPool',
  'AveragePool',
  'GlobalAveragePool',
  'GlobalMaxPool',
]);

/** The node on one copy, where each channel of its result depends on that channel alone and is zero if that is zero. */
function channelwise(node: Node, x: Value): Shaped | undefined {
  const { op, domain, attributes, outputs } = node;
  if (domain !== '') return undefined;
  if (zeroToZero.has(op) || overPositions(node)) return apply(op, [x], attributes);
  const [, K] = x.dims!;
  const flat = (dims: readonly number[] = []): boolean => dims[1] === K && size(dims.slice(1)) === K;
  if (op === 'Reshape' && flat(x.dims) && flat(outputs[0]!.dims))
    return reshape(shaped(x), [1, ...outputs[0]!.dims!.slice(1)]);
  return undefined;
}

/** A convolution of the waiting activation [1, K, h, w] by n times as many filters, [n, M, …]; undefined where that costs more. */
function asFilters(
  { op, domain, attributes }: Node,
  inputs: readonly (Value | undefined)[],
  keep: Shaped,
): Shaped | undefined {
  const [x, w, bias] = inputs as [Shaped, Shaped, Shaped | undefined];
  if (op !== 'Conv' || domain !== '' || numberOf(attributes, 'group', 1) !== 1) return undefined;
  if (size(w.dims) > size(x.dims)) return undefined;
  const [n, K] = keep.dims as [number, number];
  const [M, , ...kernel] = w.dims as [number, number, ...number[]];
  const filters = mul(reshape(w, [1, M, K, ...kernel]), reshape(keep, [n, 1, K, ...kernel.map(() => 1)]));
  const product = apply('Conv', [x, reshape(filters, [n * M, K, ...kernel])], attributes);
  const results = reshape(product, [n, M, ...product.dims.slice(2)]);
  return bias ? add(results, reshape(bias, [1, M, ...kernel.map(() => 1)])) : results;
}
