import { size, tensor, type Tensor } from '../../tensor/tensor.ts';
import { apply, constant } from '../build.ts';
import { concat, reshape, zeros } from '../ops.ts';
import { windowOf } from '../shapes/index.ts';
import type { Node, Shaped, Value } from '../value.ts';
import { fitted, flip, unitConv } from './unit-conv.ts';

/**
 * Output p = q·s + a receives x[o]·W[t] from every tap t with o·s + t − begin = p: so t ≡ a + begin (mod s) and
 * o = q + (a + begin − t)/s. For each of the s phases a these taps are a small kernel over o at low resolution.
 */
export function asSubPixel(node: Node, x: Shaped, { dims, data }: Tensor, bias: Value | undefined): Shaped {
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
  return finished(wide, lengths, bias);
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

/**
 * The same, a convolution for each phase with its own taps and no others: where the stride does not divide the kernel, the one
 * convolution above computes with zeros (16 taps for a 3×3 kernel's 9). Groups are fine.
 */
export function asPhases(node: Node, x: Shaped, weights: Tensor, group: number, bias: Value | undefined): Shaped {
  const { kernel, begin, strides } = windowOf(node.attributes);
  const stride = strides[0]!;
  const lengths = lengthsOf(node);
  const small = lengths.map((n) => Math.ceil(n / stride));
  const phase = (a: number, b: number): Shaped => {
    const taps = [a, b].map((p, i) => tapsOf(p, kernel[i]!, stride, begin[i]!));
    if (taps.some(({ at }) => at.length === 0)) return zeros([x.dims[0]!, weights.dims[1]! * group, ...small]);
    const window = {
      kernel: taps.map(({ at }) => at.length),
      strides: [1, 1],
      dilations: [1, 1],
      begin: taps.map(({ low }) => -low),
      end: [0, 0],
    };
    const own = picked(weights, taps[0]!.at, taps[1]!.at);
    return unitConv(x, constant(flip(own, group)), window, small, group);
  };
  const each = Array.from({ length: stride ** 2 }, (_, i) => phase(Math.floor(i / stride), i % stride));
  return finished(apply('DepthToSpace', [concat(each, 1)], { blocksize: stride, mode: 'DCR' }), lengths, bias);
}
/** The taps that serve a phase, and the lowest place that they reach. */
function tapsOf(phase: number, kernel: number, stride: number, begin: number): { at: number[]; low: number } {
  const at = Array.from({ length: kernel }, (_, t) => t).filter((t) => placeOf(t, stride, begin, 0)[0] === phase);
  return { at, low: Math.min(...at.map((t) => placeOf(t, stride, begin, 0)[1])) };
}
function picked({ dims, data }: Tensor, rows: readonly number[], columns: readonly number[]): Tensor {
  const [all, outputs, height, width] = dims as [number, number, number, number];
  const taken = new Float32Array(all * outputs * rows.length * columns.length);
  let to = 0;
  for (let plane = 0; plane < data.length; plane += height * width) {
    for (const t of rows) for (const u of columns) taken[to++] = data[plane + t * width + u]!;
  }
  return tensor([all, outputs, rows.length, columns.length], taken);
}

const lengthsOf = (node: Node): readonly number[] => node.outputs[0]!.dims!.slice(2);

function finished(wide: Shaped, lengths: readonly number[], bias: Value | undefined): Shaped {
  const cut = fitted(wide, [0, 0], lengths);
  return bias ? apply('Add', [cut, reshape(bias as Shaped, [wide.dims[1]!, 1, 1])]) : cut;
}
