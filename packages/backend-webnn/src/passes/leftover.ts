import { apply, reach, sameDims, slice, windowOf, type Node, type Shaped } from '@sightline/core/graph';

/**
 * A window without the rows and columns at the end of its data that it never touches, undefined where there are none. Where one
 * axis has such and no pads, and another is padded as SAME would pad it, the browser hands SAME on to XNNPACK, which takes what
 * is left over for a pad below zero: a 1×2 kernel with strides 2×1 over 12 rows was silently wrong.
 */
export function withoutLeftover(node: Node, [x, ...rest]: readonly Shaped[]): Shaped | undefined {
  const window = windowOf(node.attributes);
  if (![...window.begin, ...window.end].some((p) => p > 0)) return undefined;
  const extents = reach(window);
  const dims = x!.dims.map((length, axis) => {
    const i = axis - 2;
    if (i < 0 || window.begin[i] !== 0 || window.end[i] !== 0) return length;
    return Math.min(length, (node.outputs[0]!.dims![axis]! - 1) * window.strides[i]! + extents[i]!);
  });
  if (sameDims(dims, x!.dims)) return undefined;
  const zeros = dims.map(() => 0);
  return apply(node.op, [slice(x!, zeros, dims), ...rest], node.attributes);
}
