import {
  abs,
  apply,
  mul,
  relu,
  rewrite,
  sub,
  topological,
  type Node,
  type Shaped,
  type Value,
} from '@sightline/core/graph';

const sign = (x: Shaped): Shaped => apply('Sign', [x]);
const isZero = (x: Value | undefined): boolean => x?.constant?.data.length === 1 && Number(x.constant.data[0]) === 0;

/** What may come out infinite, or no number, of numbers: under a mask that hides it, it must stay hidden. */
const risky: ReadonlySet<string> = new Set(['Log', 'Sqrt', 'Div', 'Pow', 'Reciprocal', 'Exp']);
/** Whose output is never negative. */
const nonNegative: ReadonlySet<string> = new Set(['Relu', 'Sigmoid', 'Abs']);

/**
 * `Where(x > 0, v, 0)` is v · sign(max(x, 0)) and `Where(a = b, v, 0)` is v − v · sign|a − b|: the gradients of ReLUs and of pools.
 * Comparisons and choices take 2.8 ns an element in LiteRT, arithmetic 0.3. Only where v is finite whatever is hidden: 0 · ∞ is
 * no number.
 */
export function lowerMasks(roots: readonly Value[]): (value: Value) => Value {
  const finite = finiteValues(roots);
  return rewrite(roots, (original, inputs) => {
    if (original.op !== 'Where' || original.domain !== '' || !isZero(inputs[2])) return undefined;
    const condition = inputs[0]!.node;
    const [v, dims] = [inputs[1] as Shaped, original.outputs[0]!.dims!];
    // A mask that would stretch v, or an op that stretches the mask, is left as it is.
    if (!condition || v.type !== 'float32' || v.dims.join() !== dims.join() || !finite.has(original.inputs[1]!))
      return undefined;
    const mask = maskOf(condition);
    return mask && [mask(v)];
  });
}

function maskOf({ op, inputs }: Node): ((v: Shaped) => Shaped) | undefined {
  const [a, b] = inputs as readonly Shaped[];
  if (a?.type !== 'float32') return undefined;
  if (op === 'Greater' && isZero(b)) {
    const held = a.node && nonNegative.has(a.node.op) ? a : relu(a);
    return (v) => mul(v, sign(held));
  }
  if (op === 'Equal') return (v) => sub(v, mul(v, sign(abs(sub(a, b!)))));
  return undefined;
}

/** Values that depend on nothing that may come out infinite. */
function finiteValues(roots: readonly Value[]): ReadonlySet<Value> {
  const finite = new Set<Value>();
  for (const value of topological(roots)) {
    const { node, constant } = value;
    const sound = node
      ? !risky.has(node.op) && node.inputs.every((x) => x === undefined || finite.has(x))
      : constant?.type !== 'float32' || allFinite(constant.data);
    if (sound) finite.add(value);
  }
  return finite;
}

/** Of weights once: a network's programs share them. */
const known = new WeakMap<Float32Array, boolean>();
function allFinite(data: Float32Array): boolean {
  let finite = known.get(data) ?? true;
  if (!known.has(data)) {
    // No callback: these are all the weights of a network.
    for (let i = 0; i < data.length && finite; i++) finite = Number.isFinite(data[i]);
    known.set(data, finite);
  }
  return finite;
}
