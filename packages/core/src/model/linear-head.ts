import { SightlineError } from '../errors.ts';
import { numberOf, numbersOf } from '../graph/shapes/index.ts';
import type { Node, Value } from '../graph/value.ts';
import { size, tensor, type Tensor } from '../tensor/tensor.ts';
import { layerOf, type Classifier } from './classifier.ts';

/**
 * The weights [classes, K] of a head that is global average pooling and at most one fully connected layer (or 1 × 1 convolution,
 * before or after the pooling): logit_c = Σ_k w_ck · mean A_k + b_c. Throws `unsupported` with the op that makes it something
 * else.
 */
export function linearHead(classifier: Classifier): Tensor {
  const layer = layerOf(classifier);
  const [, K] = layer.dims as [number, number];
  const refuse = (reason: string, node?: Node): SightlineError => {
    const name = node?.name || node?.outputs[0]?.name || '';
    const at = node ? `'${name}' (${node.op}) ` : '';
    return new SightlineError(
      'unsupported',
      `'${layer.name ?? ''}' has no linear head (global average pooling and one fully connected layer): ${at}${reason}`,
      { layer: layer.name, node: name, op: node?.op },
    );
  };
  let weights: Tensor | undefined;
  let pooled = false;
  let value: Value = classifier.logits;
  while (value !== layer) {
    const { node } = value;
    if (!node) throw refuse('the scores do not come from this layer alone');
    const step = node.domain === '' ? steps[node.op]?.(node) : undefined;
    if (!step) throw refuse('comes between the layer and the scores', node);
    if (step.weights && weights) throw refuse('is a second layer of weights', node);
    if (step.pools && pooled) throw refuse('pools a second time', node);
    weights ??= step.weights;
    pooled ||= step.pools === true;
    value = step.from;
  }
  if (!pooled) throw refuse('no pooling over all positions comes after it');
  if (weights) return weights;
  return tensor(
    [K, K],
    Float32Array.from({ length: K * K }, (_, i) => Number(i % (K + 1) === 0)),
  );
}

/** One step from a value up to what it is made of; undefined where a node is none of a linear head's. */
type Step = (node: Node) => { readonly from: Value; readonly weights?: Tensor; readonly pools?: boolean } | undefined;

const steps: Readonly<Record<string, Step>> = {
  Reshape: ({ inputs: [x], outputs }) => (sameChannels(x!, outputs[0]!) ? { from: x! } : undefined),
  Identity: ({ inputs: [x] }) => ({ from: x! }),
  Add: ({ inputs: [a, b] }) => (b?.constant ? { from: a! } : a?.constant ? { from: b! } : undefined),
  GlobalAveragePool: ({ inputs: [x] }) => ({ from: x!, pools: true }),
  ReduceMean: ({ inputs: [x], attributes }) =>
    numbersOf(attributes, 'axes').join() === '2,3' ? { from: x!, pools: true } : undefined,
  AveragePool: ({ inputs: [x], attributes }) => {
    // One window over everything: an output of 1 × 1 may also be of a window that leaves an edge out, or takes padding in.
    const everything = numbersOf(attributes, 'kernel_shape').join() === x!.dims!.slice(2).join();
    const padded = numbersOf(attributes, 'pads').some((p) => p !== 0);
    return everything && !padded ? { from: x!, pools: true } : undefined;
  },
  Conv: ({ inputs: [x, w], attributes }) => {
    const plain =
      numbersOf(attributes, 'strides').every((s) => s === 1) && numbersOf(attributes, 'pads').every((p) => p === 0);
    const alone = size(w!.dims!.slice(2)) === 1 && numberOf(attributes, 'group', 1) === 1;
    return w!.constant && plain && alone ? { from: x!, weights: matrix(w!, false) } : undefined;
  },
  Gemm: ({ inputs: [x, w], attributes }) => {
    const [alpha, transA, transB] = [
      numberOf(attributes, 'alpha', 1),
      numberOf(attributes, 'transA', 0),
      numberOf(attributes, 'transB', 0),
    ];
    return w!.constant && alpha === 1 && transA === 0 ? { from: x!, weights: matrix(w!, transB === 0) } : undefined;
  },
  MatMul: ({ inputs: [x, w] }) =>
    w!.constant && w!.dims!.length === 2 ? { from: x!, weights: matrix(w!, true) } : undefined,
};

/** From [1, K, 1, 1] to [1, K] and the like. */
const sameChannels = (a: Value, b: Value): boolean => a.dims![1] === b.dims![1] && size(a.dims!) === size(b.dims!);

/** Weights as [classes, K]. */
function matrix({ dims, constant }: Value, transposed: boolean): Tensor {
  const [rows, columns] = dims as [number, number];
  const data = constant!.data as Float32Array;
  if (!transposed) return tensor([rows, columns], data);
  return tensor(
    [columns, rows],
    data.map((_, i) => data[(i % rows) * columns + Math.floor(i / rows)]!),
  );
}
