import { numberOf, onnxTypes, wordOf, type Node } from '@sightline/core/graph';
import { named } from './named.ts';
import { refusesRank } from './passes/rank.ts';

/** Ops that WebNN runs, or that are lowered to such: each has cases that ran. */
const known: ReadonlySet<string> = new Set([
  ...[
    'Add',
    'Sub',
    'Mul',
    'Div',
    'Pow',
    'Max',
    'Min',
    'Where',
    'Cast',
    'Identity',
    'Neg',
    'Abs',
    'Exp',
    'Erf',
    'Sin',
    'Cos',
  ],
  ...[
    'Reciprocal',
    'Log',
    'Sqrt',
    'Sign',
    'Floor',
    'Ceil',
    'Round',
    'Equal',
    'Greater',
    'GreaterOrEqual',
    'Less',
    'LessOrEqual',
  ],
  ...[
    'And',
    'Or',
    'Not',
    'Relu',
    'Sigmoid',
    'Tanh',
    'Mish',
    'Softsign',
    'LeakyRelu',
    'ThresholdedRelu',
    'Clip',
    'Elu',
    'Selu',
  ],
  ...[
    'Celu',
    'HardSigmoid',
    'HardSwish',
    'Softplus',
    'Gelu',
    'PRelu',
    'Conv',
    'ConvTranspose',
    'Gemm',
    'MatMul',
    'MaxPool',
  ],
  ...['AveragePool', 'GlobalAveragePool', 'GlobalMaxPool', 'BatchNormalization', 'LRN', 'LayerNormalization'],
  ...['InstanceNormalization', 'Reshape', 'Transpose', 'Expand', 'Tile', 'Concat', 'Split', 'Slice', 'Pad', 'Gather'],
  ...[
    'DepthToSpace',
    'SpaceToDepth',
    'Resize',
    'ReduceSum',
    'ReduceMean',
    'ReduceMax',
    'ReduceMin',
    'ReduceL1',
    'ReduceL2',
  ],
  ...['ReduceSumSquare', 'ReduceLogSumExp', 'Softmax', 'LogSoftmax', 'CumSum'],
]);

/** Why WebNN does not run a node, even lowered: its name, its op and the reason. */
export function refuses(node: Node): string | undefined {
  const reason = reasonAgainst(node);
  return reason && `${named(node)}: ${reason}`;
}

function reasonAgainst(node: Node): string | undefined {
  const { op, domain, inputs, outputs, attributes } = node;
  if (domain !== '') return 'WebNN has no ops of other domains than ONNX’s own';
  if (!known.has(op)) return 'WebNN has no such op, and there is no form of it in ops that it has';
  if ([...inputs, ...outputs].some((value) => value && value.dims === undefined))
    return 'its shape is not known, and WebNN wants static ones';
  // Data is float32, and what comparisons make of it; whole numbers are constants, or the indices of a Gather.
  const data = op === 'Gather' ? inputs.slice(0, 1) : inputs;
  const types = [...data.filter((x) => !x?.constant), ...outputs].map((value) => value?.type ?? 'float32');
  const other = types.find((type) => type !== 'float32' && type !== 'bool');
  if (other) return `it works on ${other}; on WebNN only float32 and bool are verified`;
  if (op === 'Cast' && !float.has(numberOf(attributes, 'to')))
    return 'it casts to a type that is not verified on WebNN';
  if (op === 'Resize' && wordOf(attributes, 'coordinate_transformation_mode', 'half_pixel') === 'tf_crop_and_resize')
    return 'tf_crop_and_resize is not lowered';
  return refusesRank(node);
}
const float: ReadonlySet<number> = new Set([onnxTypes.float32, onnxTypes.bool]);
