import { size } from '../../tensor/tensor.ts';
import { apply, constant, node as build } from '../build.ts';
import { axisOf, elementType, numberOf, onnxTypes, wordOf } from '../shapes/index.ts';
import type { Attributes, Shaped, Value } from '../value.ts';
import { data, parameter, refuse, required, type Canonicaliser, type Reading } from './rule.ts';

const kept = (
  reading: Reading,
  attributes: Attributes,
  inputs: readonly (Value | undefined)[] = reading.inputs,
): readonly Value[] =>
  build(reading.node.op, inputs, attributes, { name: reading.node.name, outputs: reading.node.outputs }).outputs;
/** Attributes with their defaults made explicit. */
const defaults =
  (values: Attributes): Canonicaliser =>
  (reading) =>
    kept(reading, { ...values, ...reading.attributes });
const alias: Canonicaliser = (reading) => [data(reading)];

/** A chain of two-input nodes: not every provider takes more. */
const chain =
  (op: string, finish: (sum: Shaped, count: number) => Shaped = (x) => x): Canonicaliser =>
  (reading) => {
    const inputs = reading.inputs as readonly Shaped[];
    if (inputs.length === 2 && finish(inputs[0]!, 1) === inputs[0]! && op === reading.node.op) return kept(reading, {});
    return [
      finish(
        inputs.slice(1).reduce((sum, x) => apply(op, [sum, x]), inputs[0]!),
        inputs.length,
      ),
    ];
  };

/** Before opset 13 a softmax ran over all axes from `axis` on; since then over one. */
const softmax: Canonicaliser = (reading) => {
  const x = data(reading);
  const { op } = reading.node;
  const axis = axisOf(numberOf(reading.attributes, 'axis', reading.opset < 13 ? 1 : -1), x.dims.length);
  if (reading.opset >= 13 || size(x.dims.slice(axis + 1)) === 1) return kept(reading, { axis }, [x]);
  const rows = [size(x.dims.slice(0, axis)), size(x.dims.slice(axis))];
  return [apply('Reshape', [apply(op, [apply('Reshape', [x], { shape: rows })], { axis: 1 })], { shape: x.dims })];
};

export const arithmetic: Readonly<Record<string, Canonicaliser>> = {
  Identity: alias,
  Dropout: alias,
  Sum: chain('Add'),
  Mean: chain('Add', (sum, count) => (count === 1 ? sum : apply('Mul', [sum, constant(1 / count)]))),
  Max: chain('Max'),
  Min: chain('Min'),
  Softmax: softmax,
  LogSoftmax: softmax,
  LeakyRelu: defaults({ alpha: 0.01 }),
  Elu: defaults({ alpha: 1 }),
  Celu: defaults({ alpha: 1 }),
  ThresholdedRelu: defaults({ alpha: 1 }),
  Selu: defaults({ alpha: 1.67326319217681884765625, gamma: 1.05070102214813232421875 }),
  HardSigmoid: defaults({ alpha: 0.2, beta: 0.5 }),
  Gelu: defaults({ approximate: 'none' }),
  Gemm: defaults({ alpha: 1, beta: 1, transA: 0, transB: 0 }),
  LRN: defaults({ alpha: 1e-4, beta: 0.75, bias: 1 }),
  InstanceNormalization: defaults({ epsilon: 1e-5 }),
  GroupNormalization: (reading) =>
    refuse(reading, 'GroupNormalization (opset 18) is not supported: export with InstanceNormalization (opset 17)'),
  LayerNormalization: (reading) => {
    const x = data(reading);
    if (reading.node.outputs.slice(1).some(Boolean))
      refuse(reading, 'its mean and deviation outputs are not supported');
    return kept(reading, {
      epsilon: numberOf(reading.attributes, 'epsilon', 1e-5),
      axis: axisOf(numberOf(reading.attributes, 'axis', -1), x.dims.length),
    });
  },
  BatchNormalization: (reading) => {
    if (numberOf(reading.attributes, 'training_mode', 0) === 1)
      refuse(reading, 'it is in training mode: export the model for inference');
    const { node, inputs } = reading;
    return build(
      'BatchNormalization',
      inputs,
      { epsilon: numberOf(reading.attributes, 'epsilon', 1e-5) },
      { name: node.name, outputs: node.outputs.slice(0, 1) },
    ).outputs;
  },
  Clip: (reading) => {
    const limit = (name: string, i: number): Attributes => {
      const value = parameter(reading, name, i)?.[0];
      return value === undefined || Math.abs(value) > 3.4e38 ? {} : { [name]: value };
    };
    return kept(reading, { ...limit('min', 1), ...limit('max', 2) }, [data(reading)]);
  },
  Cast: (reading) => {
    const x = data(reading);
    const to =
      elementType(numberOf(reading.attributes, 'to')) ??
      refuse(reading, `it casts to element type number ${numberOf(reading.attributes, 'to')}`);
    return to === x.type ? [x] : kept(reading, { to: onnxTypes[to] }, [x]);
  },
  CumSum: (reading) =>
    kept(
      reading,
      {
        exclusive: 0,
        reverse: 0,
        ...reading.attributes,
        axis: axisOf(required(reading, 'axis', 1)[0]!, data(reading).dims.length),
      },
      [data(reading)],
    ),
  Upsample: (reading) => {
    const mode = wordOf(reading.attributes, 'mode', 'nearest');
    const attributes = {
      mode,
      coordinate_transformation_mode: 'asymmetric',
      nearest_mode: 'floor',
      scales: required(reading, 'scales', 1),
    };
    return build('Resize', [data(reading)], attributes, { name: reading.node.name, outputs: reading.node.outputs })
      .outputs;
  },
  Resize: (reading) => {
    const { attributes, opset, inputs } = reading;
    const x = data(reading);
    if (
      attributes['axes'] ||
      numberOf(attributes, 'antialias', 0) === 1 ||
      attributes['keep_aspect_ratio_policy'] === 'not_larger'
    ) {
      refuse(reading, 'antialias, axes and keep_aspect_ratio_policy are not supported');
    }
    const old = opset < 11;
    const scales = parameter(reading, 'scales', old ? 1 : 2);
    const sizes = inputs[3] && !old ? required(reading, 'sizes', 3) : undefined;
    const whole = {
      mode: wordOf(attributes, 'mode', 'nearest'),
      coordinate_transformation_mode: wordOf(
        attributes,
        'coordinate_transformation_mode',
        old ? 'asymmetric' : 'half_pixel',
      ),
      nearest_mode: wordOf(attributes, 'nearest_mode', old ? 'floor' : 'round_prefer_floor'),
      ...(attributes['cubic_coeff_a'] !== undefined && { cubic_coeff_a: numberOf(attributes, 'cubic_coeff_a') }),
      ...(sizes
        ? { sizes: sizes.map((d, i) => (i === 0 ? x.dims[0]! : d)) }
        : { scales: scales ?? refuse(reading, 'it has neither scales nor sizes') }),
    };
    return build('Resize', [x], whole, { name: reading.node.name, outputs: reading.node.outputs }).outputs;
  },
  DepthToSpace: defaults({ mode: 'DCR' }),
};
