import type { Tensor } from '../../tensor/tensor.ts';
import { constant } from '../build.ts';
import { mul, numbers, repeat } from '../ops.ts';
import { numberOf, reach, windowOf } from '../shapes/index.ts';
import type { Node, Shaped, Value } from '../value.ts';
import { rewrite } from '../walk.ts';
import { asPhases, asSubPixel } from './conv-transpose-phases.ts';
import { fitted, flip, flipInGraph, unitConv } from './unit-conv.ts';

/**
 * What a ConvTranspose becomes:
 * - `keep`: itself;
 * - `conv`: a Conv with flipped weights over the data with zeros between its elements (with stride 1 there are none);
 * - `sub-pixel`: a Conv that makes stride² pictures for each channel, and a DepthToSpace. Two spatial axes with the same
 *   stride, one group, no dilation, weights that are constant;
 * - `phases`: a Conv for each of these pictures, and a DepthToSpace. The same, with any groups.
 */
export type ConvTransposeForm = 'keep' | 'conv' | 'sub-pixel' | 'phases';

/** What a choice between the forms may depend on. */
export interface ConvTransposeSite {
  readonly kernel: readonly number[];
  readonly strides: readonly number[];
  readonly dilations: readonly number[];
  readonly group: number;
  /** Channels that go in, of all groups, and that come out of one. */
  readonly channels: number;
  readonly outputs?: number;
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
    const [channels, outputs] = weights.dims as [number, number];
    const form = choose({ kernel, strides, dilations, group, channels, outputs, computed: known === undefined });
    if (form === 'keep') return undefined;
    if (form === 'sub-pixel' && known) return [asSubPixel(original, x as Shaped, known, bias)];
    if (form === 'phases' && known) return [asPhases(original, x as Shaped, known, group, bias)];
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
