import { SightlineError } from '../../packages/core/src/errors.ts';
import type { AnyMasks, Model, ModelInfo } from '../../packages/core/src/model/model.ts';
import { weightsOf, type Target } from '../../packages/core/src/model/target.ts';
import { random } from '../../packages/core/src/tensor/random.ts';
import { items, size, tensor, type Tensor } from '../../packages/core/src/tensor/tensor.ts';
import { blended, masksOf } from './masks.ts';
import { chain, dense, gapThen, identity, pooled, relu, type Head, type Part, type Vector } from './parts.ts';

/*
 * Classifiers whose every answer can be written down: a trunk makes a layer out of the picture, a head makes logits out of the
 * layer, both in plain loops. They have every member of Model; a suite hands on those that a plugin needs.
 */

type Dims = readonly [channels: number, height: number, width: number];
/** A classifier and a picture for it. */
export interface ClosedForm {
  readonly name: string;
  readonly model: Model;
  readonly input: Tensor;
  /** F: the target's value for a layer's activation. */
  head(activation: Float32Array, target: Target): number;
}

export const layerName = 'features';

/** z_c = Σ_k w_ck · mean A_k + b_c: the head of a ResNet. Here SHAP, LIFT and CAM are the same numbers. */
export function linearGap(): ClosedForm {
  const { numbers } = draw(1);
  const [trunk, W] = [pooled(numbers(6, 8)), numbers(9)];
  return closedForm('linear head', [2, 16, 16], [3, 4, 4], trunk, gapThen(dense(W, [1, -2, 0.5]), W), 1);
}

/** The same with a hidden layer of ReLUs, some of them off at the picture and on at zero: a head that is not linear. */
export function hiddenGap(): ClosedForm {
  const { numbers } = draw(2);
  const hidden = chain(dense(numbers(18, 4), numbers(6)), relu, dense(numbers(18), [0.5, 0, -1]));
  return closedForm('ReLU head', [2, 16, 16], [3, 4, 4], pooled(numbers(6, 8)), gapThen(hidden), 2);
}

/** z_c = ½ Σ_i a_ci · x_i²: integrated gradients against 0 are ½ a x², exactly, by the midpoint rule. */
export function quadratic(): ClosedForm & { readonly truth: (index: number) => Float32Array } {
  const { numbers } = draw(3);
  const dims = [2, 6, 5] as const;
  const a = numbers(3 * size(dims));
  const halfSquares: Part = {
    forward: (x) => x.map((v) => (v * v) / 2),
    backward: (x, dy) => dy.map((d, i) => d * x[i]!),
  };
  const net = closedForm('quadratic', dims, dims, halfSquares, dense(a, [0, 0, 0]), 3);
  const truth = (index: number): Float32Array => net.input.data.map((v, i) => (a[index * size(dims) + i]! * v * v) / 2);
  return { ...net, truth };
}

/**
 * Evidence for class 0 against a constant class 1: logit_0 = Σ_i e_i x_i, with the true map e ⊙ x, a disc that fades outwards.
 * The picture is a chequerboard, so a blur leaves next to nothing of it.
 */
export function evidence(): ClosedForm & { readonly truth: Tensor } {
  const side = 16;
  const truth = tensor([side, side]).data.map((_, i) => {
    const distance = Math.hypot(Math.floor(i / side) - 6.2, (i % side) - 8.9) / side;
    return distance < 0.3 ? 1 - distance : 0.01 * (1 - distance);
  });
  const sign = (i: number): number => (((i % side) + Math.floor(i / side)) % 2 === 0 ? 1 : -1);
  const scale = 8 / truth.reduce((a, b) => a + b, 0);
  const weights = Float64Array.from([...truth.map((e, i) => e * sign(i) * scale), ...new Float32Array(truth.length)]);
  const net = closedForm('evidence', [1, side, side], [1, side, side], identity, dense(weights, [0, 4]), 4);
  return {
    ...net,
    input: tensor(
      [1, 1, side, side],
      truth.map((_, i) => sign(i)),
    ),
    truth: tensor([side, side], truth),
  };
}

/** Whatever the picture: the same probabilities. */
export function constant(): ClosedForm & { readonly probability: number } {
  const head = dense(new Float64Array(2 * 256), [0, 1]);
  return { ...closedForm('constant', [1, 16, 16], [1, 16, 16], identity, head, 5), probability: 1 / (1 + Math.E) };
}

// ---------------------------------------------------------------------------------------------------------------------

/** The nearest pixels that make a picture of `dims`. */
function sampled({ data, dims }: Tensor, [C, H, W]: Dims): Tensor {
  const [h, w] = dims.slice(2) as [number, number];
  const place = (i: number): number => Math.floor((Math.floor(i / W) * h) / H) * w + Math.floor(((i % W) * w) / W);
  const value = (i: number): number => data[Math.floor(i / (H * W)) * h * w + place(i % (H * W))]!;
  return tensor(
    [1, C, H, W],
    Float32Array.from({ length: C * H * W }, (_, i) => value(i)),
  );
}

/** The target's value, its derivative to the logits, and the outputs that the target reads. */
function read(logits: Vector, target: Target): { score: number; cotangent: Vector; outputs: Vector } {
  const weights = Float64Array.from(weightsOf(target, logits.length));
  const dot = (a: Vector, b: Vector): number => a.reduce((sum, v, i) => sum + v * b[i]!, 0);
  if (target.of === 'logit') return { score: dot(weights, logits), cotangent: weights, outputs: logits };
  const exponentials = logits.map((z) => Math.exp(z - Math.max(...logits)));
  const p = exponentials.map((e) => e / exponentials.reduce((a, b) => a + b, 0));
  const score = dot(weights, p);
  return { score, cotangent: p.map((p_i, i) => p_i * (weights[i]! - score)), outputs: p };
}

function closedForm(name: string, picture: Dims, layer: Dims, trunk: Part, head: Head, seed: number): ClosedForm {
  const classes = head.forward(new Float64Array(size(layer))).length;
  const info: ModelInfo = { input: picture, classes, layers: [{ name: layerName, dims: layer }] };
  const pictures = (batch: Tensor): Vector[] =>
    Array.from({ length: batch.dims[0]! }, (_, n) => Float64Array.from(items(batch, n, n + 1).data));
  const score = (batch: Tensor, target: Target): Float32Array =>
    Float32Array.from(pictures(batch), (x) => read(head.forward(trunk.forward(x)), target).score);
  const at = (input: Tensor, target: Target): { A: Vector } & ReturnType<typeof read> => {
    const A = trunk.forward(pictures(input)[0]!);
    return { A, ...read(head.forward(A), target) };
  };
  const layerTensor = (values: Vector): Tensor => tensor([1, ...layer], Float32Array.from(values));
  const model: Model = {
    info,
    score: async (batch: Tensor, target: Target) => score(batch, target),
    maskedScore: async (input: Tensor, target: Target, masks: AnyMasks, baseline?: Tensor) =>
      Float32Array.from(masksOf(masks, picture), (mask) => score(blended(input, mask, baseline), target)[0]!),
    async maskedSum(input: Tensor, target: Target, baseline?: Tensor) {
      const sum = tensor(picture.slice(1));
      const scores: number[] = [];
      return {
        async add(masks: AnyMasks) {
          for (const mask of masksOf(masks, picture)) {
            const [value] = score(blended(input, mask, baseline), target);
            mask.forEach((m, i) => (sum.data[i]! += value! * m));
            scores.push(value!);
          }
        },
        read: async () => ({ sum, scores: Float32Array.from(scores) }),
        close: () => undefined,
      };
    },
    async gradient(batch: Tensor, target: Target) {
      const gradients = pictures(batch).map((x) => {
        const A = trunk.forward(x);
        return trunk.backward(x, head.backward(A, read(head.forward(A), target).cotangent));
      });
      return {
        gradient: tensor(
          batch.dims,
          gradients.flatMap((g) => [...g]),
        ),
        score: score(batch, target),
      };
    },
    async tap(input: Tensor, target: Target) {
      const { A, cotangent, score: value } = at(input, target);
      return { activation: layerTensor(A), gradient: layerTensor(head.backward(A, cotangent)), score: value };
    },
    async multipliers(input: Tensor, target: Target) {
      const { A, cotangent, score: value } = at(input, target);
      return { activation: layerTensor(A), multipliers: layerTensor(head.multipliers(A, cotangent)), score: value };
    },
    activation: async (input: Tensor) => layerTensor(trunk.forward(pictures(input)[0]!)),
    async tail(input: Tensor, target: Target) {
      const { A, score: value } = at(input, target);
      const [K, Z] = [layer[0], layer[1] * layer[2]];
      const kept = (keep: Float32Array): Vector => A.map((v, i) => v * keep[Math.floor(i / Z)]!);
      return {
        activation: layerTensor(A),
        score: value,
        scores: async (keep: Tensor) =>
          Float32Array.from({ length: keep.dims[0]! }, (_, n) => {
            return read(head.forward(kept(keep.data.subarray(n * K, (n + 1) * K))), target).score;
          }),
        close: () => undefined,
      };
    },
    async relevance(input: Tensor, target: Target) {
      const { A, score: value, outputs } = at(input, target);
      const start = outputs.map((v, c) => v * weightsOf(target, classes)[c]!);
      return { activation: layerTensor(A), relevance: layerTensor(head.relevance(A, start)), score: value };
    },
    async classWeights(target: Target) {
      if (!head.weights || target.of !== 'logit') throw new SightlineError('unsupported', `${name}: no linear head`);
      const t = weightsOf(target, classes);
      const column = (k: number): number => t.reduce((sum, v, c) => sum + v * head.weights![c * layer[0] + k]!, 0);
      return tensor(
        [layer[0]],
        Float32Array.from({ length: layer[0] }, (_, k) => column(k)),
      );
    },
    // A network that samples its picture: of another size, every so many pixels.
    tapAtSize: (input: Tensor, target: Target, at: string) => model.tap(sampled(input, picture), target, at),
  } as Model & { info: ModelInfo };
  const { numbers } = draw(seed + 100);
  return {
    name,
    model,
    input: tensor([1, ...picture], Float32Array.from(numbers(size(picture)))),
    head: (activation, target) => read(head.forward(Float64Array.from(activation)), target).score,
  };
}

/** Normal numbers of one seed. */
function draw(seed: number): { numbers(count: number, scale?: number): Vector } {
  const stream = random(seed);
  return { numbers: (count, scale = 1) => Float64Array.from({ length: count }, () => scale * stream.normal()) };
}
