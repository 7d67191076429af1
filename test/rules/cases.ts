import { concat, greater, mul, split, square, sub, toFloat, where } from '../../packages/core/src/graph/ops.ts';
import { apply, node, shaped } from '../../packages/core/src/graph/build.ts';
import type { Attributes, Shaped } from '../../packages/core/src/graph/value.ts';
import { data, exactly, fixed, one, picks, within, type OpCase, type Operand } from './case.ts';

/** Every op that has a gradient × parameters that are easy to get wrong. */

const row = data([2, 3, 4]);
const picture = data([2, 3, 2, 3]);
const plane = data([1, 2, 4, 5]);
const unary = (op: string, attributes: Attributes = {}, operand: Operand = row): OpCase =>
  one(op, JSON.stringify(attributes), [operand], attributes);
const flat = (op: string, build: (a: Shaped, b: Shaped) => Shaped): OpCase =>
  within(op, 'lets nothing through', [row, row], ([a, b]) => mul(build(a!, b!), a!));
const yes = (x: Shaped, at: number): Shaped => greater(x, at);

const elementwise: readonly OpCase[] = [
  ...['Add', 'Sub', 'Mul', 'Max', 'Min'].flatMap((op) => [
    one(op, 'of equal shapes', [row, row]),
    one(op, 'broadcast both ways', [data([2, 1, 4]), data([3, 1])]),
    one(op, 'with a scalar constant', [row, fixed([])]),
  ]),
  within('Mul', 'of a value with itself', [row], ([x]) => mul(x!, x!)),
  one('Div', 'of equal shapes', [row, data([2, 3, 4], 0.5, 2)]),
  one('Div', 'broadcast both ways', [data([2, 1, 4]), data([3, 1], -2, -0.5)]),
  one('Div', 'of a constant', [fixed([1]), data([2, 3], 0.5, 2)]),
  one('Pow', 'by a tensor', [data([2, 3], 0.5, 2), data([2, 3])]),
  one('Pow', 'by a broadcast tensor', [data([2, 3, 4], 0.5, 2), data([3, 1])]),
  ...[0, 1, 2, 3, -1].map((p) => one('Pow', `of any sign by ${p}`, [data([2, 3], -2, 2), exactly([], [p])])),
  one('Pow', 'by one half', [data([2, 3], 0.5, 2), exactly([1], [0.5])]),
  one('Pow', 'by constants, zero among them', [data([2, 3], 0.5, 2), exactly([3], [0, 1.5, 2])]),
  within('Where', 'broadcast', [row, data([2, 1, 4]), data([3, 1])], ([c, a, b]) => where(yes(c!, 0.1), a!, b!)),
  within('Cast', 'of floats to a boolean and back', [row], ([x]) => mul(toFloat(apply('Cast', [x!], { to: 9 })), x!)),
  within('Cast', 'of floats to doubles and back', [row], ([x]) => toFloat(apply('Cast', [square(x!)], { to: 11 }))),
  ...['Identity', 'Neg', 'Abs', 'Exp', 'Erf', 'Sin', 'Cos'].map((op) => unary(op)),
  ...['Reciprocal', 'Log', 'Sqrt'].map((op) => unary(op, {}, data([2, 3, 4], 0.5, 2))),
  ...['Sign', 'Floor', 'Ceil', 'Round'].map((op) => flat(op, (a) => apply(op, [a]))),
  ...['Equal', 'Greater', 'GreaterOrEqual', 'Less', 'LessOrEqual'].map((op) =>
    flat(op, (a, b) => toFloat(apply(op, [a, b]))),
  ),
  ...['And', 'Or'].map((op) => flat(op, (a, b) => toFloat(apply(op, [yes(a, 0), yes(b, 0)])))),
  flat('Not', (a) => toFloat(apply('Not', [yes(a, 0)]))),
];

const activations: readonly OpCase[] = [
  ...['Relu', 'Sigmoid', 'Tanh', 'Mish', 'Softsign'].map((op) => unary(op)),
  unary('LeakyRelu', { alpha: 0.1 }),
  unary('LeakyRelu', { alpha: -0.5 }),
  unary('LeakyRelu', { alpha: 0 }),
  unary('ThresholdedRelu', { alpha: 0.7 }),
  unary('Clip', { min: -1, max: 0.5 }),
  unary('Clip', { min: 0.25 }),
  unary('Clip', { max: 0.25 }),
  unary('Clip', {}),
  unary('Clip', { min: 0, max: 6 }, data([2, 3, 4], -8, 8)),
  unary('Elu', { alpha: 1.5 }),
  unary('Selu', { alpha: 1.67, gamma: 1.05 }),
  unary('Celu', { alpha: 0.7 }),
  unary('HardSigmoid', { alpha: 0.3, beta: 0.5 }, data([2, 3, 4], -3, 3)),
  unary('HardSwish', {}, data([2, 3, 4], -5, 5)),
  unary('Softplus', {}, data([2, 3, 4], -5, 5)),
  unary('Gelu', { approximate: 'none' }, data([2, 3, 4], -3, 3)),
  unary('Gelu', { approximate: 'tanh' }, data([2, 3, 4], -3, 3)),
  one('PRelu', 'with a slope for each channel', [picture, fixed([3, 1, 1])]),
  one('PRelu', 'with a slope that is data', [picture, data([3, 1, 1])]),
];

const window = (kernel: number[], strides: number[], pads: number[], dilations = kernel.map(() => 1)): Attributes => ({
  kernel_shape: kernel,
  strides,
  pads,
  dilations,
});
const linear: readonly OpCase[] = [
  one('Conv', 'in one dimension', [data([2, 3, 9]), fixed([4, 3, 3]), fixed([4])], {
    ...window([3], [2], [1, 1]),
    group: 1,
  }),
  one('Conv', '3×3 with all parameters awkward', [data([1, 4, 6, 7]), fixed([2, 2, 3, 2])], {
    ...window([3, 2], [2, 3], [2, 0, 1, 1], [2, 1]),
    group: 2,
  }),
  one('Conv', 'depthwise, with a remainder of the stride', [data([1, 3, 8, 6]), fixed([6, 1, 3, 3])], {
    ...window([3, 3], [2, 2], [1, 1, 1, 1]),
    group: 3,
  }),
  one('Conv', 'with a stride larger than its kernel', [data([1, 2, 8, 9]), fixed([3, 2, 1, 2])], {
    ...window([1, 2], [3, 4], [0, 0, 0, 0]),
    group: 1,
  }),
  one('Conv', 'with pads larger than its kernel', [data([1, 2, 3, 3]), fixed([2, 2, 2, 2])], {
    ...window([2, 2], [1, 1], [3, 2, 2, 4]),
    group: 1,
  }),
  one('Conv', 'of data with data', [data([2, 2, 6, 7]), data([3, 2, 3, 2]), data([3])], {
    ...window([3, 2], [2, 2], [1, 0, 2, 1], [1, 2]),
    group: 1,
  }),
  one('ConvTranspose', 'with all parameters awkward', [data([1, 4, 2, 3]), fixed([4, 2, 3, 2])], {
    ...window([3, 2], [2, 3], [1, 0, 0, 2], [1, 2]),
    group: 2,
    output_padding: [1, 2],
  }),
  one('ConvTranspose', 'in one dimension, with a bias', [data([1, 2, 5]), fixed([2, 2, 3]), fixed([2])], {
    ...window([3], [1], [1, 1]),
    group: 1,
    output_padding: [0],
  }),
  one('ConvTranspose', 'of data with data', [data([1, 2, 3, 3]), data([2, 3, 2, 3]), data([3])], {
    ...window([2, 3], [2, 1], [1, 0, 0, 1]),
    group: 1,
    output_padding: [1, 0],
  }),
  ...[0, 1].flatMap((transA) =>
    [0, 1].map((transB) =>
      one(
        'Gemm',
        `of data with data, transA ${transA}, transB ${transB}`,
        [data(transA ? [3, 2] : [2, 3]), data(transB ? [4, 3] : [3, 4]), data([4])],
        { alpha: 0.5, beta: 2, transA, transB },
      ),
    ),
  ),
  one('Gemm', 'with constant weights', [data([2, 3]), fixed([4, 3]), fixed([2, 1])], {
    alpha: 1,
    beta: 1,
    transA: 0,
    transB: 1,
  }),
  one('MatMul', 'of matrices', [data([2, 3]), data([3, 4])]),
  one('MatMul', 'of batches that broadcast', [data([2, 1, 2, 3]), data([4, 3, 2])]),
  one('MatMul', 'of a batch with one matrix', [data([2, 2, 3]), data([3, 4])]),
  one('MatMul', 'of one matrix with a batch', [data([2, 3]), data([2, 3, 2])]),
  one('MatMul', 'of vectors', [data([3]), data([3])]),
  one('MatMul', 'of a vector with a batch', [data([3]), data([2, 3, 2])]),
  one('MatMul', 'of a batch with a vector', [data([2, 2, 3]), data([3])]),
];

const maxPool = (title: string, operand: Operand, attributes: Attributes): OpCase =>
  one('MaxPool', title, [operand], { storage_order: 0, ceil_mode: 0, ...attributes });
const averagePool = (title: string, operand: Operand, attributes: Attributes): readonly OpCase[] =>
  [0, 1].map((count_include_pad) =>
    one('AveragePool', `${title}, count_include_pad ${count_include_pad}`, [operand], {
      ceil_mode: 0,
      count_include_pad,
      ...attributes,
    }),
  );
const pooling: readonly OpCase[] = [
  maxPool('without overlap', plane, window([2, 2], [2, 2], [0, 0, 0, 0])),
  maxPool('3×3, stride 2, pad 1', data([1, 1, 8, 7]), window([3, 3], [2, 2], [1, 1, 1, 1])),
  maxPool('in stride 1, with asymmetric pads', plane, window([3, 2], [1, 1], [1, 0, 2, 1])),
  maxPool('in ceil_mode, overhanging', data([1, 1, 6, 7]), { ...window([3, 3], [2, 2], [0, 0, 0, 0]), ceil_mode: 1 }),
  maxPool('in ceil_mode, with pads', data([1, 1, 6, 8]), { ...window([3, 2], [3, 3], [1, 1, 1, 1]), ceil_mode: 1 }),
  maxPool('with dilations', data([1, 1, 8, 7]), window([3, 2], [2, 1], [1, 1, 1, 1], [2, 3])),
  maxPool('with gaps between its windows', data([1, 2, 7, 8]), window([2, 1], [3, 3], [0, 0, 0, 0])),
  maxPool('in one dimension', data([2, 2, 7]), window([3], [2], [1, 1])),
  maxPool('in three dimensions', data([1, 1, 4, 4, 4]), window([2, 2, 2], [2, 1, 2], [0, 0, 0, 0, 0, 0])),
  ...averagePool('without overlap', data([1, 2, 4, 6]), window([2, 3], [2, 3], [0, 0, 0, 0])),
  ...averagePool('3×3, stride 2, pad 1', data([1, 1, 6, 7]), window([3, 3], [2, 2], [1, 1, 1, 1])),
  ...averagePool('with asymmetric pads', data([1, 2, 5, 6]), window([3, 2], [1, 2], [1, 0, 2, 1])),
  ...averagePool('in ceil_mode', data([1, 2, 6, 8]), { ...window([3, 3], [2, 2], [1, 0, 0, 0]), ceil_mode: 1 }),
  ...averagePool('with dilations and gaps', data([1, 1, 9, 8]), window([2, 2], [3, 4], [0, 1, 1, 0], [3, 1])),
  one('GlobalAveragePool', 'of pictures', [picture]),
  one('GlobalAveragePool', 'of rows', [row]),
  one('GlobalMaxPool', 'of pictures', [picture]),
];

const positive = (n: number): Operand => fixed([n], 0.5, 2);
const normalisation: readonly OpCase[] = [
  one('BatchNormalization', 'of pictures', [picture, fixed([3]), fixed([3]), fixed([3]), positive(3)], {
    epsilon: 1e-3,
  }),
  one('BatchNormalization', 'of rows', [data([4, 3]), fixed([3]), fixed([3]), fixed([3]), positive(3)], {
    epsilon: 1e-5,
  }),
  one('LRN', 'over three channels', [data([1, 5, 2, 2])], { size: 3, alpha: 0.5, beta: 0.75, bias: 1 }),
  one('LRN', 'over an even number of channels', [data([2, 5, 3])], { size: 4, alpha: 0.9, beta: 1.5, bias: 2 }),
  one('LayerNormalization', 'over the last axis', [row, data([4]), data([4])], { axis: 2, epsilon: 1e-3 }),
  one('LayerNormalization', 'over two axes, without a bias', [row, fixed([3, 4])], { axis: 1, epsilon: 1e-5 }),
  one('InstanceNormalization', 'of pictures', [data([2, 3, 2, 3]), data([3]), data([3])], { epsilon: 1e-3 }),
];

const resize = (title: string, operand: Operand, attributes: Attributes): OpCase =>
  one('Resize', title, [operand], { nearest_mode: 'round_prefer_floor', ...attributes });
const up = { scales: [1, 1, 2, 3] };
const odd = { sizes: [1, 2, 7, 4] };
const resizes: readonly OpCase[] = [
  ...['asymmetric', 'half_pixel', 'align_corners', 'pytorch_half_pixel', 'half_pixel_symmetric'].flatMap(
    (coordinate_transformation_mode) =>
      ['nearest', 'linear', 'cubic'].map((mode) =>
        resize(`${mode}, ${coordinate_transformation_mode}, to odd sizes`, data([1, 2, 3, 5]), {
          mode,
          coordinate_transformation_mode,
          ...odd,
        }),
      ),
  ),
  ...['floor', 'ceil', 'round_prefer_ceil'].map((nearest_mode) =>
    resize(`nearest, ${nearest_mode}`, data([1, 2, 5, 4]), {
      mode: 'nearest',
      coordinate_transformation_mode: 'half_pixel',
      nearest_mode,
      scales: [1, 1, 1.5, 0.6],
    }),
  ),
  resize('by repetition', data([2, 1, 3, 2]), {
    mode: 'nearest',
    coordinate_transformation_mode: 'asymmetric',
    nearest_mode: 'floor',
    ...up,
  }),
  resize('linear, by fractions', data([1, 1, 4, 5]), {
    mode: 'linear',
    coordinate_transformation_mode: 'half_pixel',
    scales: [1, 1, 1.3, 0.7],
  }),
  resize('to one element', data([1, 1, 4, 5]), {
    mode: 'linear',
    coordinate_transformation_mode: 'pytorch_half_pixel',
    sizes: [1, 1, 1, 1],
  }),
];

const slice = (starts: number[], ends: number[], steps: number[]): Attributes => ({ starts, ends, steps });
const layout: readonly OpCase[] = [
  unary('Reshape', { shape: [4, 6] }),
  unary('Transpose', { perm: [2, 0, 1] }),
  one('Expand', 'with new and stretched axes', [data([3, 1])], { shape: [2, 3, 4] }),
  one('Expand', 'to a smaller shape, which broadcasts the other way', [data([2, 3])], { shape: [3] }),
  unary('Tile', { repeats: [2, 1, 3] }),
  one('Concat', 'of three along the middle axis', [data([2, 1, 2]), data([2, 3, 2]), data([2, 2, 2])], { axis: 1 }),
  one('Concat', 'with a constant between', [data([2, 1]), fixed([2, 2]), data([2, 3])], { axis: 1 }),
  within('Concat', 'of a value with itself', [data([2, 3])], ([x]) => concat([x!, square(x!), x!], 0)),
  within('Split', 'of which all parts are used', [data([2, 6])], ([x]) => {
    const [a, b, c] = split(x!, 1, [1, 2, 3]);
    return concat([square(c!), a!, mul(b!, a!)], 1);
  }),
  within('Split', 'of which the first part is left', [data([4, 2])], ([x]) =>
    square(shaped(node('Split', [x], { axis: 0, split: [1, 3] }).outputs[1]!)),
  ),
  one('Slice', 'in the middle', [data([4, 5])], slice([1, 2], [3, 4], [1, 1])),
  one('Slice', 'with ends counted from the back', [data([4, 5])], slice([-3, 0], [-1, 2 ** 31 - 1], [1, 1])),
  one('Slice', 'with steps that leave a rest', [data([5, 7])], slice([1, 0], [5, 7], [2, 3])),
  one('Slice', 'backwards', [data([5, 4])], slice([-1, 3], [-(2 ** 31), 0], [-1, -2])),
  one('Slice', 'backwards from the middle', [data([7])], slice([5], [0], [-2])),
  one('Pad', 'with a constant', [data([2, 3])], { pads: [1, 0, 0, 2], mode: 'constant', value: 3 }),
  one('Pad', 'that crops', [data([4, 5])], { pads: [-1, 2, 0, -3], mode: 'constant', value: 0 }),
  ...['reflect', 'edge', 'wrap'].map((mode) =>
    one('Pad', `by ${mode}`, [data([2, 4, 3])], { pads: [0, 3, 1, 0, 2, 2], mode, value: 0 }),
  ),
  one('Gather', 'of some, one twice', [data([3, 4]), picks([3], [2, -1, 2])], { axis: 1 }),
  one('Gather', 'of a table of indices', [data([3, 2, 2]), picks([2, 2], [0, 2, 1, 0])], { axis: 0 }),
  one('Gather', 'of a permutation', [data([2, 3]), picks([3], [2, 0, 1])], { axis: 1 }),
  one('Gather', 'of one element', [data([3, 4]), picks([], [1])], { axis: 0 }),
  ...['DCR', 'CRD'].map((mode) => one('DepthToSpace', mode, [data([1, 8, 2, 3])], { blocksize: 2, mode })),
  one('SpaceToDepth', 'by two', [data([2, 2, 4, 6])], { blocksize: 2 }),
  ...resizes,
];

const reductions: readonly OpCase[] = [
  ...['Sum', 'Mean', 'Max', 'Min', 'L1', 'L2', 'SumSquare', 'LogSumExp'].flatMap((kind) => [
    one(`Reduce${kind}`, 'over two axes, kept', [row], { axes: [0, 2], keepdims: 1 }),
    one(`Reduce${kind}`, 'over the middle axis, dropped', [row], { axes: [1], keepdims: 0 }),
    one(`Reduce${kind}`, 'over all', [row], { axes: [0, 1, 2], keepdims: 0 }),
  ]),
  unary('Softmax', { axis: 1 }),
  unary('Softmax', { axis: 2 }),
  unary('LogSoftmax', { axis: 0 }),
  unary('LogSoftmax', { axis: 2 }),
  ...[0, 1].flatMap((exclusive) => [0, 1].map((reverse) => unary('CumSum', { axis: 1, exclusive, reverse }))),
];

export const opCases: readonly OpCase[] = [
  ...elementwise,
  ...activations,
  ...linear,
  ...pooling,
  ...normalisation,
  ...layout,
  ...reductions,
  within('Sub', 'in a residual', [row], ([x]) => sub(square(x!), apply('Relu', [x!]))),
];
