import type { Masks, Model, ModelInfo } from '../../packages/core/src/model/model.ts';
import { weightsOf, type Target } from '../../packages/core/src/model/target.ts';
import { random } from '../../packages/core/src/tensor/random.ts';
import { items, size, tensor, type Tensor } from '../../packages/core/src/tensor/tensor.ts';

/*
 * Classifiers whose every answer can be written down: a trunk makes a layer out of the picture, a head makes logits out of the
 * layer, both in plain loops. They have every member of Model; a suite hands on those that a plugin needs.
 */

type Dims = readonly [channels: number, height: number, width: number];
type Vector = Float64Array;
/** A function and its derivative, transposed and applied to what arrives from above. */
interface Part {
  forward(x: Vector): Vector;
  backward(x: Vector, dy: Vector): Vector;
}
interface Head extends Part {
  /** DeepLIFT-Rescale against a layer of zeros: the result ⊙ A sums to dz · (F(A) − F(0)). */
  multipliers(A: Vector, dz: Vector): Vector;
}

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
  return closedForm(
    'linear head',
    [2, 16, 16],
    [3, 4, 4],
    pooled(numbers(6, 8)),
    gapThen(dense(numbers(9), [1, -2, 0.5])),
    1,
  );
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

const identity: Part = { forward: (x) => x, backward: (_, dy) => dy };

/** A_k(u, v) = max(0, Σ_c t_kc · the mean of x_c over a block of 4 × 4), from 2 channels to 3. */
function pooled(t: Vector): Part {
  const place = (i: number): number => Math.floor(Math.floor(i / 16) / 4) * 4 + Math.floor((i % 16) / 4);
  const forward = (x: Vector): Vector => {
    const A = new Float64Array(3 * 16);
    x.forEach((v, j) => {
      for (let k = 0; k < 3; k++) A[k * 16 + place(j % 256)]! += (t[k * 2 + Math.floor(j / 256)]! * v) / 16;
    });
    return A.map((v) => Math.max(0, v));
  };
  return {
    forward,
    backward(x, dy) {
      const A = forward(x);
      return x.map((_, j) => {
        const units = [0, 1, 2].filter((k) => A[k * 16 + place(j % 256)]! > 0);
        return units.reduce((sum, k) => sum + (t[k * 2 + Math.floor(j / 256)]! * dy[k * 16 + place(j % 256)]!) / 16, 0);
      });
    },
  };
}

/** y = W x + b; a linear part's multipliers are its weights. */
function dense(W: Vector, b: ArrayLike<number>): Head {
  const backward = (x: Vector, dy: Vector): Vector =>
    x.map((_, i) => dy.reduce((sum, d, j) => sum + d * W[j * x.length + i]!, 0));
  return {
    forward: (x) => Float64Array.from(b, (start, j) => x.reduce((sum, v, i) => sum + W[j * x.length + i]! * v, start)),
    backward,
    multipliers: backward,
  };
}

/** Only for use between two dense parts: its reference is what the part before it makes of zeros, which `chain` hands in. */
const relu: Part = {
  forward: (x) => x.map((v) => Math.max(0, v)),
  backward: (x, dy) => dy.map((d, i) => (x[i]! > 0 ? d : 0)),
};

function chain(first: Head, nonlinear: Part, last: Head): Head {
  return {
    forward: (x) => last.forward(nonlinear.forward(first.forward(x))),
    backward(x, dy) {
      const z = first.forward(x);
      return first.backward(x, nonlinear.backward(z, last.backward(nonlinear.forward(z), dy)));
    },
    multipliers(x, dy) {
      const [z, r] = [first.forward(x), first.forward(new Float64Array(x.length))];
      const [fz, fr] = [nonlinear.forward(z), nonlinear.forward(r)];
      const slopes = last.backward(fz, dy).map((d, i) => (d * (fz[i]! - fr[i]!)) / (z[i]! - r[i]!)); // Rescale
      return first.backward(x, slopes);
    },
  };
}

/** Global average pooling over 4 × 4, then `rest`. */
function gapThen(rest: Head): Head {
  const means = (A: Vector): Vector =>
    Float64Array.from(
      { length: A.length / 16 },
      (_, k) => A.subarray(k * 16, (k + 1) * 16).reduce((a, b) => a + b, 0) / 16,
    );
  const spread = (A: Vector, d: Vector): Vector => A.map((_, i) => d[Math.floor(i / 16)]! / 16);
  return {
    forward: (A) => rest.forward(means(A)),
    backward: (A, dz) => spread(A, rest.backward(means(A), dz)),
    multipliers: (A, dz) => spread(A, rest.multipliers(means(A), dz)),
  };
}

/** The target's value and its derivative to the logits. */
function read(logits: Vector, target: Target): { score: number; cotangent: Vector } {
  const weights = Float64Array.from(weightsOf(target, logits.length));
  const dot = (a: Vector, b: Vector): number => a.reduce((sum, v, i) => sum + v * b[i]!, 0);
  if (target.of === 'logit') return { score: dot(weights, logits), cotangent: weights };
  const exponentials = logits.map((z) => Math.exp(z - Math.max(...logits)));
  const p = exponentials.map((e) => e / exponentials.reduce((a, b) => a + b, 0));
  const score = dot(weights, p);
  return { score, cotangent: p.map((p_i, i) => p_i * (weights[i]! - score)) };
}

function closedForm(name: string, picture: Dims, layer: Dims, trunk: Part, head: Head, seed: number): ClosedForm {
  const classes = head.forward(new Float64Array(size(layer))).length;
  const info: ModelInfo = { input: picture, classes, layers: [{ name: layerName, dims: layer }] };
  const pictures = (batch: Tensor): Vector[] =>
    Array.from({ length: batch.dims[0]! }, (_, n) => Float64Array.from(items(batch, n, n + 1).data));
  const score = (batch: Tensor, target: Target): Float32Array =>
    Float32Array.from(pictures(batch), (x) => read(head.forward(trunk.forward(x)), target).score);
  const at = (input: Tensor, target: Target): { A: Vector; cotangent: Vector; score: number } => {
    const A = trunk.forward(pictures(input)[0]!);
    return { A, ...read(head.forward(A), target) };
  };
  const layerTensor = (values: Vector): Tensor => tensor([1, ...layer], Float32Array.from(values));
  const model: Model = {
    info,
    score: async (batch: Tensor, target: Target) => score(batch, target),
    maskedScore: async (input: Tensor, target: Target, masks: Masks, baseline?: Tensor) =>
      Float32Array.from(
        { length: masks.grid.dims[0]! },
        (_, n) => score(blended(input, maskOf(masks, n), baseline), target)[0]!,
      ),
    async maskedSum(input: Tensor, target: Target, baseline?: Tensor) {
      const sum = tensor(picture.slice(1));
      const scores: number[] = [];
      return {
        async add(masks: Masks) {
          for (let n = 0; n < masks.grid.dims[0]!; n++) {
            const mask = maskOf(masks, n);
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
  } as Model & { info: ModelInfo };
  const { numbers } = draw(seed + 100);
  return {
    name,
    model,
    input: tensor([1, ...picture], Float32Array.from(numbers(size(picture)))),
    head: (activation, target) => read(head.forward(Float64Array.from(activation)), target).score,
  };
}

/** rows_n · grid_n · columns_n, [H, W]. */
function maskOf({ grid, rows, columns }: Masks, n: number): Float32Array {
  const [, h, w] = grid.dims as readonly [number, number, number];
  const [H, W] = [rows.dims[1]!, columns.dims[2]!];
  const one = (t: Tensor): Float32Array => items(t, t.dims[0] === 1 ? 0 : n, t.dims[0] === 1 ? 1 : n + 1).data;
  const [g, R, C] = [one(grid), one(rows), one(columns)];
  const wide = new Float32Array(h * W);
  for (let a = 0; a < h; a++) {
    for (let b = 0; b < w; b++) for (let x = 0; x < W; x++) wide[a * W + x]! += g[a * w + b]! * C[b * W + x]!;
  }
  const mask = new Float32Array(H * W);
  for (let y = 0; y < H; y++) {
    for (let a = 0; a < h; a++) {
      const weight = R[y * h + a]!;
      if (weight !== 0) for (let x = 0; x < W; x++) mask[y * W + x]! += weight * wide[a * W + x]!;
    }
  }
  return mask;
}

const blended = (input: Tensor, mask: Float32Array, baseline?: Tensor): Tensor =>
  tensor(
    input.dims,
    input.data.map((v, i) => {
      const m = mask[i % mask.length]!;
      return v * m + (baseline?.data[i] ?? 0) * (1 - m);
    }),
  );

/** Normal numbers of one seed. */
function draw(seed: number): { numbers(count: number, scale?: number): Vector } {
  const stream = random(seed);
  return { numbers: (count, scale = 1) => Float64Array.from({ length: count }, () => scale * stream.normal()) };
}
