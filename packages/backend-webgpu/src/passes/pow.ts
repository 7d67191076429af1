import { expand, pow as power } from '@sightline/core/graph';
import { size } from '@sightline/core/tensor';
import { withShapes } from './lowering.ts';

/** onnxruntime-web 1.30 writes a shader that does not compile where an exponent of several numbers is broadcast. */
export const pow = withShapes(([x, exponent], { outputs }) => {
  const dims = outputs[0]!.dims!;
  const same = [x!, exponent!].every((operand) => operand.dims.join() === dims.join());
  if (same || size(exponent!.dims) === 1) return undefined;
  return power(expand(x!, dims), expand(exponent!, dims));
});
