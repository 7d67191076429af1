import { add, conv, div, mul, numberOf, numbers, pow, square, type Shaped } from '@sightline/core/graph';
import type { Lowerings } from './lowering.ts';

/** The sum over a window of neighbouring channels, as a 1×1 convolution with a band of ones. */
function channelWindow(x: Shaped, width: number): Shaped {
  const channels = x.dims[1]!;
  const below = Math.floor((width - 1) / 2);
  const band = new Float32Array(channels * channels).map((_, i) => {
    const offset = (i % channels) - Math.floor(i / channels);
    return offset >= -below && offset < width - below ? 1 : 0;
  });
  const ones = x.dims.slice(2).map(() => 1);
  return conv(x, numbers([channels, channels, ...ones], band), {
    kernel_shape: ones,
    strides: ones,
    dilations: ones,
    pads: [...ones, ...ones].map(() => 0),
    group: 1,
  });
}

export const normalisation: Lowerings = {
  /** y = x / (bias + α/n · Σ x²)^β over n channels; the provider takes odd n over pictures alone. */
  LRN: ({ attributes }, [x]) => {
    const width = numberOf(attributes, 'size');
    if (width % 2 === 1 && x!.dims.length === 4) return undefined;
    const sum = channelWindow(square(x!), width);
    const base = add(mul(sum, numberOf(attributes, 'alpha', 1e-4) / width), numberOf(attributes, 'bias', 1));
    return div(x!, pow(base, numberOf(attributes, 'beta', 0.75)));
  },
};
