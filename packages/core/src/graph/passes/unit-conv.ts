import { size, tensor, type Tensor } from '../../tensor/tensor.ts';
import { apply } from '../build.ts';
import { conv, indices, pad, reshape, transpose } from '../ops.ts';
import { reach, type Window } from '../shapes/index.ts';
import type { Shaped, Value } from '../value.ts';

/** A stride-1 Conv whose output has the spatial lengths `lengths`: what that takes at the end, or is too much at either, is padded or cropped. */
export function unitConv(
  x: Shaped,
  weights: Shaped,
  window: Window,
  lengths: readonly number[],
  group: number,
  bias?: Value,
): Shaped {
  const { kernel, dilations, begin } = window;
  const extents = reach(window);
  const end = lengths.map((n, i) => n - x.dims[i + 2]! - begin[i]! + extents[i]! - 1);
  const crops = [0, 0, ...begin.map((p) => Math.min(p, 0)), 0, 0, ...end.map((p) => Math.min(p, 0))];
  const pads = [...begin, ...end].map((p) => Math.max(p, 0));
  return conv(
    pad(x, crops),
    weights,
    { kernel_shape: kernel, strides: kernel.map(() => 1), dilations, pads, group },
    bias,
  );
}

/** Elements of the spatial axes from −begin on, `lengths` of them; zeros where there are none. */
export function fitted(x: Shaped, begin: readonly number[], lengths: readonly number[]): Shaped {
  return pad(x, [0, 0, ...begin, 0, 0, ...lengths.map((n, i) => n - x.dims[i + 2]! - begin[i]!)]);
}

/** Weights [G·ci, co, k…] of a ConvTranspose as those of the Conv over the same data: [G·co, ci, k…], turned about. */
export function flip({ dims, data }: Tensor, group: number): Tensor {
  const [all, outputs] = dims as [number, number];
  const inputs = all / group;
  const area = size(dims.slice(2));
  const result = new Float32Array(data.length);
  for (let g = 0; g < group; g++) {
    for (let ci = 0; ci < inputs; ci++) {
      for (let co = 0; co < outputs; co++) {
        const from = ((g * inputs + ci) * outputs + co) * area;
        const to = ((g * outputs + co) * inputs + ci) * area;
        for (let k = 0; k < area; k++) result[to + area - 1 - k] = data[from + k]!;
      }
    }
  }
  return tensor([group * outputs, inputs, ...dims.slice(2)], result);
}

/** The same of weights that are data. */
export function flipInGraph(weights: Shaped, group: number): Shaped {
  const [all, outputs, ...kernel] = weights.dims as [number, number, ...number[]];
  const apart = reshape(weights, [group, all / group, outputs, ...kernel]);
  const swapped = transpose(apart, [0, 2, 1, ...kernel.map((_, i) => i + 3)]);
  return kernel.reduce<Shaped>(
    (sofar, length, i) => {
      const backwards = indices(Array.from({ length }, (_, k) => length - 1 - k));
      return length === 1 ? sofar : apply('Gather', [sofar, backwards], { axis: i + 2 });
    },
    reshape(swapped, [group * outputs, all / group, ...kernel]),
  );
}
