import { size, type AnyTensor } from '../../tensor/tensor.ts';
import { constant, node as build } from '../build.ts';
import { numberOf } from '../shapes/index.ts';
import type { Node, Value } from '../value.ts';
import { rewrite } from '../walk.ts';

/**
 * Conv, then BatchNormalization, as one Conv: W′ = γ/√(σ²+ε)·W, b′ = γ/√(σ²+ε)·(b − μ) + β. A BatchNormalization with no Conv
 * before it becomes a Mul and an Add. Values in `keep` are asked for by name and stay as they are.
 */
export function foldBatchNorm(roots: readonly Value[], keep: ReadonlySet<Value>): (value: Value) => Value {
  const uses = countUses(roots);
  return rewrite(roots, (original, inputs) => {
    if (original.op !== 'BatchNormalization') return undefined;
    const terms = affine(inputs, numberOf(original.attributes, 'epsilon'));
    if (!terms) return undefined;
    const before = original.inputs[0]!;
    const conv = inputs[0]!.node;
    const folds = conv?.op === 'Conv' && conv.inputs[1]?.constant && uses.get(before) === 1 && !keep.has(before);
    return folds ? foldedConv(original, conv, terms) : scaled(original, inputs[0]!, terms);
  });
}

interface Affine {
  readonly scale: Float32Array;
  readonly shift: Float32Array;
}
function affine(inputs: readonly (Value | undefined)[], epsilon: number): Affine | undefined {
  const [gamma, beta, mean, variance] = inputs.slice(1).map((x) => x?.constant?.data as Float32Array | undefined);
  if (!gamma || !beta || !mean || !variance) return undefined;
  const scale = gamma.map((g, i) => g / Math.sqrt(variance[i]! + epsilon));
  return { scale, shift: beta.map((b, i) => b - mean[i]! * scale[i]!) };
}

const foldedWeights = new WeakMap<AnyTensor, WeakMap<AnyTensor, { weight: AnyTensor; bias: AnyTensor }>>();

function foldedConv(norm: Node, conv: Node, { scale, shift }: Affine): readonly Value[] {
  const weight = conv.inputs[1]!.constant!;
  const gamma = norm.inputs[1]!.constant!;
  let known = foldedWeights.get(weight)?.get(gamma);
  if (!known) {
    const per = size(weight.dims.slice(1));
    const old = conv.inputs[2]?.constant?.data as Float32Array | undefined;
    known = {
      weight: {
        type: 'float32',
        dims: weight.dims,
        data: (weight.data as Float32Array).map((w, i) => w * scale[Math.floor(i / per)]!),
      },
      bias: { type: 'float32', dims: [scale.length], data: scale.map((s, i) => s * (old?.[i] ?? 0) + shift[i]!) },
    };
    foldedWeights.set(
      weight,
      (foldedWeights.get(weight) ?? new WeakMap<AnyTensor, { weight: AnyTensor; bias: AnyTensor }>()).set(gamma, known),
    );
  }
  const name = conv.inputs[1]!.name;
  const inputs = [conv.inputs[0], constant(known.weight, name && `${name} with ${norm.name}`), constant(known.bias)];
  return build('Conv', inputs, conv.attributes, { name: conv.name, outputs: norm.outputs.map((o) => o.name ?? '') })
    .outputs;
}

function scaled(norm: Node, x: Value, { scale, shift }: Affine): readonly Value[] {
  const dims = x.dims!.map((_, i) => (i === 1 ? scale.length : 1)).slice(1);
  const [by, plus] = [scale, shift].map((data) => constant({ type: 'float32', dims, data }));
  const product = build('Mul', [x, by], {}, { name: `${norm.name} scale` }).outputs[0]!;
  return build('Add', [product, plus], {}, { name: norm.name, outputs: norm.outputs.map((o) => o.name ?? '') }).outputs;
}

function countUses(roots: readonly Value[]): Map<Value, number> {
  const uses = new Map<Value, number>();
  const seen = new Set<Node>();
  const stack = [...roots];
  for (const root of roots) uses.set(root, (uses.get(root) ?? 0) + 1);
  while (stack.length > 0) {
    const { node } = stack.pop()!;
    if (!node || seen.has(node)) continue;
    seen.add(node);
    for (const x of node.inputs) {
      if (!x) continue;
      uses.set(x, (uses.get(x) ?? 0) + 1);
      stack.push(x);
    }
  }
  return uses;
}
