import {
  add,
  conv,
  div,
  mul,
  numbers,
  pow,
  reduceMean,
  reshape,
  sqrt,
  square,
  sub,
  unbroadcast,
} from '../../../graph/ops.ts';
import { axisOf, numberOf } from '../../../graph/shapes/index.ts';
import type { Attributes, Shaped } from '../../../graph/value.ts';
import { refusal } from '../../rule.ts';
import type { Inputs, Site, Vjp, Vjps } from './vjp.ts';

export type NormalisationOp = 'BatchNormalization' | 'LRN' | 'LayerNormalization' | 'InstanceNormalization';

const range = (from: number, to: number): number[] => Array.from({ length: to - from }, (_, i) => from + i);
const epsilonOf = (attributes: Attributes): number => numberOf(attributes, 'epsilon', 1e-5);
/** [C] against [N, C, …]. */
const perChannel = (v: Shaped, x: Shaped): Shaped => reshape(v, [v.dims[0]!, ...x.dims.slice(2).map(() => 1)]);

/** x̂ = (x − mean)/σ over `axes`, and what g = ∂/∂x̂ becomes at x: (g − mean g − x̂·mean(g·x̂))/σ. */
function standardise(
  x: Shaped,
  axes: readonly number[],
  epsilon: number,
): { hat: Shaped; back: (g: Shaped) => Shaped } {
  const centred = sub(x, reduceMean(x, axes));
  const deviation = sqrt(add(reduceMean(square(centred), axes), epsilon));
  const hat = div(centred, deviation);
  const back = (g: Shaped): Shaped =>
    div(sub(sub(g, reduceMean(g, axes)), mul(hat, reduceMean(mul(g, hat), axes))), deviation);
  return { hat, back };
}

/** y = x̂ ⊙ scale + bias, with the shape that scale and bias broadcast from. */
function affine(
  dy: Shaped,
  [x, scale, bias]: Inputs,
  site: Site,
  axes: readonly number[],
  spread: (v: Shaped) => Shaped,
): ReturnType<Vjp> {
  const { hat, back } = standardise(x, axes, epsilonOf(site.attributes));
  const wide = spread(scale);
  const narrow = (v: Shaped, to: Shaped): Shaped => reshape(unbroadcast(v, wide.dims), to.dims);
  return [
    site.wants[0] ? back(mul(dy, wide)) : undefined,
    site.wants[1] ? narrow(mul(dy, hat), scale) : undefined,
    site.wants[2] ? narrow(dy, bias) : undefined,
  ];
}

/** scale/√(variance + ε), as numbers where all are constant: they always are in a network that is not being trained. */
function batchScale([, scale, , , variance]: Inputs, epsilon: number): Shaped {
  if (!scale.constant || !variance.constant) return div(scale, sqrt(add(variance, epsilon)));
  const spread = variance.constant.data;
  const data = Float32Array.from(
    scale.constant.data as Float32Array,
    (s, c) => s / Math.sqrt(Number(spread[c]!) + epsilon),
  );
  return numbers(scale.dims, data);
}

/** The sum over a window of neighbouring channels as a 1×1 convolution with a band of ones; `flip` for its transpose. */
function channelWindow(x: Shaped, width: number, flip: boolean): Shaped {
  const channels = x.dims[1]!;
  const below = Math.floor((width - 1) / 2);
  const above = width - 1 - below;
  const [low, high] = flip ? [above, below] : [below, above];
  const band = new Float32Array(channels * channels).map((_, i) => {
    const offset = (i % channels) - Math.floor(i / channels);
    return offset >= -low && offset <= high ? 1 : 0;
  });
  const ones = x.dims.slice(2).map(() => 1);
  const attributes = {
    kernel_shape: ones,
    strides: ones,
    dilations: ones,
    pads: [...ones, ...ones].map(() => 0),
    group: 1,
  };
  return conv(x, numbers([channels, channels, ...ones], band), attributes);
}

export const normalisation: Vjps<NormalisationOp> = {
  BatchNormalization: (dy, inputs, { node, attributes, wants }) => {
    if (wants.slice(1).includes(true))
      throw refusal(node, 'no gradient to the statistics and weights of a batch normalisation');
    return [mul(dy, perChannel(batchScale(inputs, epsilonOf(attributes)), dy))];
  },
  /** y = x·D^−β, D = bias + α/n·Σ x² over n channels: dx = dy·D^−β − 2αβ/n·x·Σᵀ(dy·x·D^(−β−1)). */
  LRN: (dy, [x], { attributes }) => {
    const width = numberOf(attributes, 'size');
    const [alpha, beta] = [numberOf(attributes, 'alpha', 1e-4), numberOf(attributes, 'beta', 0.75)];
    const d = add(mul(channelWindow(square(x), width, false), alpha / width), numberOf(attributes, 'bias', 1));
    const scaled = mul(dy, pow(d, -beta));
    const window = channelWindow(div(mul(scaled, x), d), width, true);
    return [add(scaled, mul(mul(x, window), (-2 * alpha * beta) / width))];
  },
  LayerNormalization: (dy, inputs, site) => {
    const rank = inputs[0].dims.length;
    return affine(dy, inputs, site, range(axisOf(numberOf(site.attributes, 'axis', -1), rank), rank), (v) => v);
  },
  InstanceNormalization: (dy, inputs, site) =>
    affine(dy, inputs, site, range(2, inputs[0].dims.length), (v) => perChannel(v, inputs[0])),
};
