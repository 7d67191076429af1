import { size, tensor, type Tensor } from '../../tensor/tensor.ts';
import { apply, constant } from '../build.ts';
import { conv, indices, mul, numbers, pad, repeat, reshape, transpose } from '../ops.ts';
import { numberOf, reach, windowOf, type Window } from '../shapes/index.ts';
import type { Node, Shaped, Value } from '../value.ts';
import { rewrite } from '../walk.ts';

/**
 * What a ConvTranspose becomes:
 * - `keep`: itself;
 * - `conv`: a Conv with flipped weights over the data with zeros between its elements (with stride 1 there are none);
 * - `sub-pixel`: a Conv that makes stride² pictures for each channel, and a DepthToSpace. Two spatial axes, one group, no
 *   dilation, weights that are constant.
 */
export type ConvTransposeForm = 'keep' | 'conv' | 'sub-pixel';

/** What a choice between the forms may depend on. */
export interface ConvTransposeSite {
  readonly kernel: readonly number[];
  readonly strides: readonly number[];
  readonly dilations: readonly number[];
  readonly group: number;
  /** Channels that go in, of all groups. */
  readonly channels: number;
  /** Set where the weights are data, to be flipped in the graph. */
  readonly computed?: boolean;
}

const one = (values: readonly number[]): boolean => values.every((v) => v === 1);

/**
 * The fastest form on onnxruntime-web's wasm (1.30, one thread, time of `keep` over that of the form). Stride 1: `conv`, which
 * gains 1.0–1.2 on ResNet-18's dense 3×3, 1.3–2.6 on depthwise 3×3, 1.6 on 32 groups. Stride 2: `keep`; `conv` reaches
 * 0.2–0.3 of its speed on dense 3×3, 0.6–0.8 on depthwise and 1×1, `sub-pixel` 0.6 on dense 3×3 and on the 7×7 stem.
 */
export const wasmForm = ({ strides, computed }: ConvTransposeSite): ConvTransposeForm =>
  one(strides) && !computed ? 'conv' : 'keep';

/** For providers that have no ConvTranspose to rely on (WebNN hangs on grouped ones, ecosystem.md §3). */
export const withoutConvTranspose = (site: ConvTransposeSite): ConvTransposeForm => {
  const { strides, kernel, group, dilations } = site;
  const square = kernel.length === 2 && strides[0] === strides[1];
  return one(strides) || one(kernel) || group > 1 || !one(dilations) || !square || site.computed ? 'conv' : 'sub-pixel';
};

/** Rebuilds what the roots depend on with each ConvTranspose in the form that `choose` wants. */
export function lowerConvTranspose(
  roots: readonly Value[],
  choose: (site: ConvTransposeSite) => ConvTransposeForm = wasmForm,
): (value: Value) => Value {
  return rewrite(roots, (original, [x, weights, bias]) => {
    if (original.op !== 'ConvTranspose' || original.domain !== '' || weights?.type !== 'float32') return undefined;
    const { kernel, strides, dilations } = windowOf(original.attributes);
    const group = numberOf(original.attributes, 'group', 1);
    const known = weights.constant as Tensor | undefined;
    const channels = weights.dims![0]!;
    const form = choose({ kernel, strides, dilations, group, channels, computed: known === undefined });
    if (form === 'keep') return undefined;
    if (form === 'sub-pixel' && known) return [asSubPixel(original, x as Shaped, known, bias)];
    const flipped = known ? constant(flip(known, group)) : flipInGraph(weights as Shaped, group);
    return [asConv(original, x as Shaped, flipped, bias)];
  });
}

/** The output's spatial lengths. */
const lengthsOf = (node: Node): readonly number[] => node.outputs[0]!.dims!.slice(2);

function asConv(node: Node, x: Shaped, flipped: Shaped, bias: Value | undefined): Shaped {
  const window = windowOf(node.attributes);
  const group = numberOf(node.attributes, 'group', 1);
  // A 1×1 convolution and the insertion of zeros may change places: the convolution is cheaper before it.
  if (one(window.kernel) && !bias) {
    const plain = unitConv(x, flipped, { ...window, begin: window.kernel.map(() => 0) }, x.dims.slice(2), group);
    return fitted(
      insertZeros(plain, window.strides),
      window.begin.map((b) => -b),
      lengthsOf(node),
    );
  }
  const begin = reach(window).map((extent, i) => extent - 1 - window.begin[i]!);
  return unitConv(insertZeros(x, window.strides), flipped, { ...window, begin }, lengthsOf(node), group, bias);
}

/** A stride-1 Conv whose output has the spatial lengths `lengths`: what that takes at the end, or is too much at either, is padded or cropped. */
function unitConv(
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
function fitted(x: Shaped, begin: readonly number[], lengths: readonly number[]): Shaped {
  return pad(x, [0, 0, ...begin, 0, 0, ...lengths.map((n, i) => n - x.dims[i + 2]! - begin[i]!)]);
}

/** stride − 1 zeros behind each element of the spatial axes: repeated, then masked, which is 2–3 times as fast on wasm as padding a new axis. */
function insertZeros(x: Shaped, strides: readonly number[]): Shaped {
  if (one(strides)) return x;
  const wide = repeat(x, strides);
  const lengths = wide.dims.slice(2);
  const mask = lengths.reduce<number[]>(
    (all, n, axis) => all.flatMap((m) => Array.from({ length: n }, (_, i) => (i % strides[axis]! === 0 ? m : 0))),
    [1],
  );
  return mul(wide, numbers(lengths, mask));
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
function flipInGraph(weights: Shaped, group: number): Shaped {
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

/**
 * Output p = q·s + a receives x[o]·W[t] from every tap t with o·s + t − begin = p: so t ≡ a + begin (mod s) and
 * o = q + (a + begin − t)/s. For each of the s phases a these taps are a small kernel over o at low resolution.
 */
function asSubPixel(node: Node, x: Shaped, { dims, data }: Tensor, bias: Value | undefined): Shaped {
  const { kernel, begin, strides } = windowOf(node.attributes);
  const stride = strides[0]!;
  const [inputs, outputs] = dims as [number, number];
  const reaches = kernel.map((k, i) => phaseOffsets(k, stride, begin[i]!));
  const extents = reaches.map(({ low, high }) => high - low + 1) as [number, number];
  const phased = new Float32Array(outputs * stride ** 2 * inputs * size(extents));
  for (let t = 0; t < kernel[0]!; t++) {
    for (let u = 0; u < kernel[1]!; u++) {
      const [a, i] = placeOf(t, stride, begin[0]!, reaches[0]!.low);
      const [b, j] = placeOf(u, stride, begin[1]!, reaches[1]!.low);
      for (let ci = 0; ci < inputs; ci++) {
        for (let co = 0; co < outputs; co++) {
          const channel = (co * stride + a) * stride + b;
          phased[((channel * inputs + ci) * extents[0] + i) * extents[1] + j] =
            data[((ci * outputs + co) * kernel[0]! + t) * kernel[1]! + u]!;
        }
      }
    }
  }
  const weights = constant(tensor([outputs * stride ** 2, inputs, ...extents], phased));
  const lengths = lengthsOf(node);
  const window = {
    kernel: extents,
    strides: [1, 1],
    dilations: [1, 1],
    begin: reaches.map(({ low }) => -low),
    end: [0, 0],
  };
  const small = unitConv(
    x,
    weights,
    window,
    lengths.map((n) => Math.ceil(n / stride)),
    1,
  );
  const wide = apply('DepthToSpace', [small], { blocksize: stride, mode: 'CRD' });
  const cut = fitted(wide, [0, 0], lengths);
  return bias ? apply('Add', [cut, reshape(bias as Shaped, [outputs, 1, 1])]) : cut;
}
/** The phase that tap `t` serves, and its place in that phase's kernel. */
function placeOf(t: number, stride: number, begin: number, low: number): [phase: number, place: number] {
  const phase = (((t - begin) % stride) + stride) % stride;
  return [phase, (phase + begin - t) / stride - low];
}
/** How far the kernels of the phases reach at low resolution. */
function phaseOffsets(kernel: number, stride: number, begin: number): { low: number; high: number } {
  const offsets = Array.from({ length: kernel }, (_, t) => placeOf(t, stride, begin, 0)[1]);
  return { low: Math.min(...offsets), high: Math.max(...offsets) };
}
