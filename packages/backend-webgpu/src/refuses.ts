import type { Node, Value } from '@sightline/core/graph';
import { lowerings } from './passes/index.ts';

/** Ops whose kernels in onnxruntime-web 1.30 run on the GPU and were compared with its CPU, single op by single op. */
const checked = new Set(
  [
    'Conv ConvTranspose MaxPool AveragePool GlobalAveragePool GlobalMaxPool Gemm MatMul',
    'InstanceNormalization LayerNormalization Softmax',
    'Add Sub Mul Div Neg Abs Reciprocal Exp Log Sqrt Erf Sin Cos Floor Ceil Clip CumSum',
    'Relu LeakyRelu PRelu ThresholdedRelu Elu Sigmoid HardSigmoid HardSwish Softplus Tanh Gelu Mish',
    'Where Cast And Not Equal Greater GreaterOrEqual Less LessOrEqual',
    'ReduceMean ReduceSum ReduceMax ReduceMin ReduceL1 ReduceL2 ReduceProd ReduceSumSquare ReduceLogSumExp',
    'Reshape Transpose Expand Tile Concat Split Pad Gather Resize DepthToSpace',
  ].flatMap((line) => line.split(' ')),
);

/** Why an op is not run here, where more is known than that nobody has checked it. */
const reasons: Readonly<Record<string, string>> = {
  Mod: 'a remainder by WGSL’s division, which may be off by its last digits, can be off by a whole divisor',
  IsNaN: 'shaders may assume that there is no NaN',
  IsInf: 'shaders may assume that there is no infinity',
  OneHot: 'onnxruntime-web has no WebGPU kernel for it',
  NonZero: 'the size of its result depends on the data',
  Col2Im: 'onnxruntime-web has no WebGPU kernel for it',
  MaxUnpool: 'onnxruntime-web has no WebGPU kernel for it',
};

/** Why the GPU does not run a node, by its name. What is let through and still has no kernel is refused when it is compiled. */
export function refuses(node: Node): string | undefined {
  const why = reasonAgainst(node);
  return why && `node '${node.name || node.op}' (${node.op}): ${why}`;
}

function reasonAgainst({ op, domain, inputs, outputs }: Node): string | undefined {
  if (domain !== '') return `ops of the domain '${domain}' are not run on WebGPU`;
  if (reasons[op]) return reasons[op];
  if (!checked.has(op) && !lowerings[op]) return 'no WebGPU kernel of onnxruntime-web for it has been checked';
  if (op === 'MaxPool' && outputs.length > 1) return 'its WebGPU kernel has no Indices output';
  // Places to gather from are read by their lower halves: enough for any tensor.
  const computed = op === 'Gather' ? [inputs[0], ...outputs] : [...inputs, ...outputs];
  const odd = computed.find((x) => x && !x.constant && !usual(x));
  if (odd) return `it works on ${odd.type}; the GPU computes in float32`;
  return undefined;
}
const usual = ({ type }: Value): boolean => type === 'float32' || type === 'bool';
