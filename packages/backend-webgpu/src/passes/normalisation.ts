import { add, apply, constant, div, mul, numberOf, reshape, sqrt, sub, type Shaped } from '@sightline/core/graph';
import { size, tensor } from '@sightline/core/tensor';
import { withShapes } from './lowering.ts';

/** (x − μ) / √(σ² + ε) · γ + β. onnxruntime-web 1.30 is wrong in NCHW where the data are rows [N, C]. */
export const batchNormalization = withShapes(([x, scale, shift, mean, variance], { attributes }) => {
  if (x!.dims.length !== 2) return undefined;
  const deviation = sqrt(add(variance!, numberOf(attributes, 'epsilon', 1e-5)));
  return add(mul(sub(x!, mean!), div(scale!, deviation)), shift!);
});

/** Each group is an instance by itself; scale and shift are one a group (opset 18) or one a channel (opset 21). */
export const groupNormalization = withShapes(([x, scale, shift], { attributes }) => {
  const [batch, channels] = x!.dims as [number, number];
  const groups = numberOf(attributes, 'num_groups', 1);
  const epsilon = numberOf(attributes, 'epsilon', 1e-5);
  const grouped = reshape(x!, [batch, groups, size(x!.dims) / (batch * groups)]);
  const normal = (by: Shaped, plus: Shaped): Shaped =>
    reshape(apply('InstanceNormalization', [grouped, by, plus], { epsilon }), x!.dims);
  if (scale!.dims[0] === groups && groups !== channels) return normal(scale!, shift!);
  const each = (v: Shaped): Shaped => reshape(v, [channels, ...x!.dims.slice(2).map(() => 1)]);
  const plain = normal(constant(tensor([groups], 1)), constant(tensor([groups], 0)));
  return add(mul(plain, each(scale!)), each(shift!));
});
