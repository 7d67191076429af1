/* What the closed-form classifiers are made of, in plain loops. */

export type Vector = Float64Array;
/** A function and its derivative, transposed and applied to what arrives from above. */
export interface Part {
  forward(x: Vector): Vector;
  backward(x: Vector, dy: Vector): Vector;
}
export interface Head extends Part {
  /** DeepLIFT-Rescale against a layer of zeros: the result ⊙ A sums to dz · (F(A) − F(0)). */
  multipliers(A: Vector, dz: Vector): Vector;
  /** LRP-ε with ε = 0: what arrives at the logits, handed down to A. */
  relevance(A: Vector, R: Vector): Vector;
  /** The weights [classes · K] of a linear head after global average pooling; undefined where it is none. */
  readonly weights?: Vector;
}

export const identity: Part = { forward: (x) => x, backward: (_, dy) => dy };

/** A_k(u, v) = max(0, Σ_c t_kc · the mean of x_c over a block of 4 × 4), from 2 channels to 3. */
export function pooled(t: Vector): Part {
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
export function dense(W: Vector, b: ArrayLike<number>): Head {
  const backward = (x: Vector, dy: Vector): Vector =>
    x.map((_, i) => dy.reduce((sum, d, j) => sum + d * W[j * x.length + i]!, 0));
  return {
    forward: (x) => Float64Array.from(b, (start, j) => x.reduce((sum, v, i) => sum + W[j * x.length + i]! * v, start)),
    backward,
    multipliers: backward,
    // R_i = x_i Σ_j w_ji R_j / z_j, with the bias in z_j
    relevance(x, R) {
      const z = this.forward(x);
      return backward(
        x,
        R.map((r, j) => (r === 0 ? 0 : r / z[j]!)),
      ).map((c, i) => c * x[i]!);
    },
  };
}

/** Only for use between two dense parts: its reference is what the part before it makes of zeros, which `chain` hands in. */
export const relu: Part = {
  forward: (x) => x.map((v) => Math.max(0, v)),
  backward: (x, dy) => dy.map((d, i) => (x[i]! > 0 ? d : 0)),
};

export function chain(first: Head, nonlinear: Part, last: Head): Head {
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
    // A ReLU hands on what arrives.
    relevance: (x, R) => first.relevance(x, last.relevance(nonlinear.forward(first.forward(x)), R)),
  };
}

/** Global average pooling over 4 × 4, then `rest`; its weights are the class weights where it is one dense layer. */
export function gapThen(rest: Head, weights?: Vector): Head {
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
    relevance(A, R) {
      const [pooled, arrived] = [means(A), rest.relevance(means(A), R)];
      return A.map((v, i) => {
        const k = Math.floor(i / 16);
        return v === 0 ? 0 : ((v / 16) * arrived[k]!) / pooled[k]!;
      });
    },
    ...(weights && { weights }),
  };
}
