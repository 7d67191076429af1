import { node as build } from '../build.ts';
import { numberOf, numbersOf, reach, windowOf, wordOf } from '../shapes/index.ts';
import type { Attributes, Shaped } from '../value.ts';
import { data, refuse, type Canonicaliser, type Reading } from './rule.ts';

const repeated = (n: number, value: number): number[] => Array.from({ length: n }, () => value);

/** Every window attribute made explicit; auto_pad resolved to pads. */
function windowAttributes(reading: Reading, kernel: readonly number[]): Attributes {
  const { attributes } = reading;
  const rank = kernel.length;
  const strides = numbersOf(attributes, 'strides', repeated(rank, 1));
  const dilations = numbersOf(attributes, 'dilations', repeated(rank, 1));
  const auto = wordOf(attributes, 'auto_pad', 'NOTSET');
  let pads = numbersOf(attributes, 'pads', repeated(2 * rank, 0));
  if (auto === 'VALID') pads = repeated(2 * rank, 0);
  if (auto.startsWith('SAME')) {
    const totals = data(reading)
      .dims.slice(2)
      .map((n, i) =>
        Math.max(0, (Math.ceil(n / strides[i]!) - 1) * strides[i]! + (kernel[i]! - 1) * dilations[i]! + 1 - n),
      );
    const small = totals.map((t) => Math.floor(t / 2));
    const large = totals.map((t) => Math.ceil(t / 2));
    pads = auto === 'SAME_UPPER' ? [...small, ...large] : [...large, ...small];
  }
  return { kernel_shape: kernel, strides, dilations, pads };
}
const output = (reading: Reading, op: string, attributes: Attributes) => {
  const { node, inputs } = reading;
  return build(op, inputs, attributes, { name: node.name, outputs: node.outputs, domain: node.domain }).outputs;
};

const convolution =
  (weights: number): Canonicaliser =>
  (reading) => {
    const kernel = data(reading, weights).dims.slice(2);
    return output(reading, reading.node.op, {
      ...windowAttributes(reading, kernel),
      group: numberOf(reading.attributes, 'group', 1),
    });
  };
const pool: Canonicaliser = (reading) => {
  const { node, attributes } = reading;
  if (node.outputs.length > 1 && node.outputs[1]) refuse(reading, 'the indices output of MaxPool is not supported');
  const window = windowAttributes(reading, numbersOf(attributes, 'kernel_shape'));
  const ceil = wordOf(attributes, 'auto_pad', 'NOTSET').startsWith('SAME') ? 0 : numberOf(attributes, 'ceil_mode', 0);
  const named = { name: node.name, outputs: node.outputs.slice(0, 1) };
  if (node.op === 'AveragePool') {
    const count_include_pad = numberOf(attributes, 'count_include_pad', 0);
    return build(node.op, [data(reading)], { ...window, ceil_mode: ceil, count_include_pad }, named).outputs;
  }
  const pads = ceil === 1 ? overhanging(data(reading), window) : window['pads']!;
  return build(node.op, [data(reading)], { ...window, pads, ceil_mode: 0, storage_order: 0 }, named).outputs;
};

/**
 * The pads with which a MaxPool's last windows overhang as ceil_mode lets them: runtimes disagree on how many there are
 * (whether one may begin in the end's padding), and what is padded never is the maximum.
 */
function overhanging(x: Shaped, window: Attributes): readonly number[] {
  const { kernel, strides, begin } = windowOf(window);
  const extents = reach(windowOf(window));
  const counts = build('MaxPool', [x], { ...window, ceil_mode: 1 }).outputs[0]!.dims!.slice(2);
  const end = kernel.map((_, i) => {
    const last = (counts[i]! - 1) * strides[i]! + extents[i]!;
    return Math.max(0, last - x.dims[2 + i]! - begin[i]!);
  });
  return [...begin, ...end];
}

export const windows: Readonly<Record<string, Canonicaliser>> = {
  Conv: convolution(1),
  QLinearConv: convolution(3),
  ConvInteger: convolution(1),
  MaxPool: pool,
  AveragePool: pool,
  ConvTranspose: (reading) => {
    const x = data(reading);
    const kernel = data(reading, 1).dims.slice(2);
    const rank = kernel.length;
    const window = windowAttributes({ ...reading, attributes: { ...reading.attributes, auto_pad: 'NOTSET' } }, kernel);
    const strides = numbersOf(window, 'strides');
    const dilations = numbersOf(window, 'dilations');
    const extra = numbersOf(reading.attributes, 'output_padding', repeated(rank, 0));
    const auto = wordOf(reading.attributes, 'auto_pad', 'NOTSET');
    const wanted = reading.attributes['output_shape']
      ? numbersOf(reading.attributes, 'output_shape').slice(-rank)
      : auto.startsWith('SAME')
        ? x.dims.slice(2).map((n, i) => n * strides[i]!)
        : undefined;
    let pads = auto === 'VALID' ? repeated(2 * rank, 0) : numbersOf(window, 'pads');
    if (wanted) {
      const totals = wanted.map(
        (n, i) => (x.dims[2 + i]! - 1) * strides[i]! + extra[i]! + (kernel[i]! - 1) * dilations[i]! + 1 - n,
      );
      const half = totals.map((t) => Math.floor(t / 2));
      const rest = totals.map((t, i) => t - half[i]!);
      pads = auto === 'SAME_UPPER' ? [...half, ...rest] : [...rest, ...half];
    }
    return output(reading, 'ConvTranspose', {
      ...window,
      pads,
      output_padding: extra,
      group: numberOf(reading.attributes, 'group', 1),
    });
  },
};
