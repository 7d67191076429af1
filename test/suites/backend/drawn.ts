import { data, fixed, one, type OpCase } from '../../rules/case.ts';
import { random } from '../../../packages/core/src/tensor/random.ts';
import type { Attributes } from '../../../packages/core/src/graph/value.ts';

/**
 * Windows of drawn sizes, strides and pads: runtimes have been wrong for shapes that nobody thinks of (a kernel shorter than its
 * stride on one axis, with pads on the other). The same ones in every run.
 */
export function drawnCases(count: number): readonly OpCase[] {
  const rng = random(11);
  const between = (low: number, high: number): number => low + rng.integer(high - low + 1);
  const pair = (low: number, high: number): [number, number] => [between(low, high), between(low, high)];
  const pick = <T>(from: readonly T[]): T => from[rng.integer(from.length)]!;

  const window = (kernel: readonly number[], lengths: readonly number[]): Attributes => {
    const strides = pair(1, 4);
    // As much as TensorFlow's SAME would pad, which some runtimes take for a mode of its own.
    const same = kernel.map((k, i) => {
      const total = Math.max(0, (Math.ceil(lengths[i]! / strides[i]!) - 1) * strides[i]! + k - lengths[i]!);
      return [Math.floor(total / 2), Math.ceil(total / 2)] as const;
    });
    // A pad as wide as the kernel would make windows of nothing.
    const any = [...kernel, ...kernel].map((k) => pick([0, 0, Math.min(1, k - 1), k - 1]));
    const pads = pick([any, [...same.map(([begin]) => begin), ...same.map(([, end]) => end)]]);
    return { kernel_shape: kernel, strides, dilations: [1, 1], pads };
  };
  const titled = (op: string, operands: OpCase['operands'], attributes: Attributes): OpCase =>
    one(
      op,
      `of ${operands.map(({ dims }) => `[${dims.join()}]`).join(' and ')} ${JSON.stringify(attributes)}`,
      operands,
      attributes,
    );

  const draw = (): OpCase => {
    const kernel = pair(1, 3);
    const group = pick([1, 1, 2, 3]);
    const [inside, out] = pair(1, 3);
    const lengths = pair(5, 12);
    const picture = data([between(1, 2), group * inside, ...lengths]);
    switch (pick(['conv', 'conv', 'transpose', 'max', 'average'])) {
      case 'conv':
        return titled('Conv', [picture, fixed([group * out, inside, ...kernel])], {
          ...window(kernel, lengths),
          group,
        });
      case 'transpose': {
        const attributes = window(kernel, lengths);
        const output_padding = (attributes['strides'] as number[]).map((stride) => between(0, stride - 1));
        return titled('ConvTranspose', [picture, fixed([group * inside, out, ...kernel])], {
          ...attributes,
          group,
          output_padding,
        });
      }
      case 'max':
        return titled('MaxPool', [picture], { ...window(kernel, lengths), ceil_mode: 0, storage_order: 0 });
      default:
        return titled('AveragePool', [picture], {
          ...window(kernel, lengths),
          ceil_mode: 0,
          count_include_pad: between(0, 1),
        });
    }
  };
  return Array.from({ length: count }, draw);
}
