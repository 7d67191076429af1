import { apply, shaped } from '../graph/build.ts';
import { reshape } from '../graph/ops.ts';
import { numberOf, numbersOf } from '../graph/shapes/index.ts';
import type { Node, Shaped, Value } from '../graph/value.ts';
import { size } from '../tensor/tensor.ts';

/** The name under which a program takes the numbers of the classes asked for, int64 [S]. */
export const selectionInput = 'sightline classes';

/**
 * The logits [N, S] of the classes in `selection`, computed alone: walks up from all of them through what treats each class by
 * itself (elementwise ops, pools over positions) to the weights that make them, and takes their rows. `undefined` where the
 * network ends otherwise, or where there are no weights `after` the layer. Another selection is other data, not another program.
 */
export function selectClasses(logits: Shaped, selection: Shaped, after: Value): Shaped | undefined {
  if (logits === after) return undefined;
  const { node } = logits;
  const onward = (value: Value): Shaped | undefined => selectClasses(shaped(value), selection, after);
  const classes = logits.dims[1]!;
  const take = (weights: Value, axis: number): Shaped => apply('Gather', [weights, selection], { axis });
  if (!node || node.domain !== '' || logits.dims.length < 2) return undefined;
  const [x, w, bias] = node.inputs;

  if (node.op === 'Reshape') {
    const flat = (dims: readonly number[]): boolean => dims[1] === classes && size(dims.slice(2)) === 1;
    if (!flat(logits.dims) || !flat(shaped(x!).dims)) return undefined;
    const chosen = onward(x!);
    return chosen && reshape(chosen, [logits.dims[0]!, selection.dims[0]!, ...logits.dims.slice(2)]);
  }
  if (eachByItself.has(node.op) || overPositions(node)) {
    const chosen = onward(x!);
    return chosen && apply(node.op, [chosen, ...node.inputs.slice(1)], node.attributes);
  }
  if (node.op === 'Add' || node.op === 'Sub') {
    const [data, constant] = w?.constant ? [x!, w] : [w!, x!];
    if (!constant?.constant || !data) return undefined;
    const axis = constant.dims!.length - (logits.dims.length - 1);
    const row = axis >= 0 && constant.dims![axis] === classes && size(constant.dims!) === classes;
    if (!row && size(constant.dims!) !== 1) return undefined;
    const chosen = onward(data);
    const offset = row ? take(constant, axis) : constant;
    return chosen && apply(node.op, data === x ? [chosen, offset] : [offset, chosen], node.attributes);
  }
  if (!w?.constant) return undefined;
  const biasRow = bias?.constant && size(bias.dims!) === classes ? take(bias, bias.dims!.length - 1) : bias;
  if (bias && biasRow === bias && size(bias.dims!) !== 1) return undefined;
  switch (node.op) {
    case 'Conv':
      if (numberOf(node.attributes, 'group', 1) !== 1) return undefined;
      return apply('Conv', biasRow ? [x, take(w, 0), biasRow] : [x, take(w, 0)], node.attributes);
    case 'Gemm': {
      const rows = take(w, numberOf(node.attributes, 'transB', 0) === 1 ? 0 : 1);
      return apply('Gemm', biasRow ? [x, rows, biasRow] : [x, rows], node.attributes);
    }
    case 'MatMul':
      return w.dims!.length === 2 && logits.dims.length === 2 ? apply('MatMul', [x, take(w, 1)]) : undefined;
    default:
      return undefined;
  }
}

const eachByItself: ReadonlySet<string> = new Set([
  ...['Relu', 'LeakyRelu', 'Clip', 'Sigmoid', 'HardSigmoid', 'HardSwish', 'Tanh', 'Softplus', 'Elu', 'Identity'],
  ...['MaxPool', 'AveragePool', 'GlobalAveragePool', 'GlobalMaxPool'],
]);
/** A reduction over the positions of each channel. */
export const overPositions = ({ op, attributes }: Node): boolean =>
  ['ReduceMean', 'ReduceMax', 'ReduceSum'].includes(op) && numbersOf(attributes, 'axes').every((axis) => axis >= 2);
