import type { Tensor } from '@sightline/core/plugin';

/**
 * argmin over α, b of 1/(2N) Σ_n w_n (y_n − x_n · α − b)² + λ Σ_k |α_k|, by coordinate descent; the weights w are brought to a
 * mean of 1 first, as scikit-learn does. X is [N, K]; the result is α [K]. Double precision. Where no unique optimum
 * exists (λ = 0, fewer samples than channels) it is the one that descent from 0 comes to.
 */
export function lasso(X: Tensor, y: Float64Array, weights: Float64Array, lambda: number): Float32Array {
  const [N, K] = X.dims as readonly [number, number];
  const total = weights.reduce((a, b) => a + b, 0);
  const w = weights.map((v) => (v * N) / total);
  const mean = (of: (n: number) => number): number => w.reduce((sum, v, n) => sum + v * of(n), 0) / N;
  const middle = mean((n) => y[n]!);
  const columns = Array.from({ length: K }, (_, k) => {
    const centre = mean((n) => X.data[n * K + k]!);
    return Float64Array.from(y, (__, n) => X.data[n * K + k]! - centre); // centred, so that b needs no step of its own
  });
  const squares = columns.map((x) => mean((n) => x[n]! ** 2));
  const residual = y.map((v) => v - middle);
  const alpha = new Float64Array(K);
  for (let sweep = 0; sweep < 1000; sweep++) {
    let [largest, change] = [0, 0];
    for (let k = 0; k < K; k++) {
      if (squares[k]! < 1e-12) continue; // a channel that every sample kept, or none did, but for rounding
      const x = columns[k]!;
      let pull = squares[k]! * alpha[k]!;
      for (let n = 0; n < N; n++) pull += (w[n]! * x[n]! * residual[n]!) / N;
      const next = (Math.sign(pull) * Math.max(Math.abs(pull) - lambda, 0)) / squares[k]!;
      const step = next - alpha[k]!;
      if (step !== 0) for (let n = 0; n < N; n++) residual[n]! -= step * x[n]!;
      alpha[k] = next;
      [largest, change] = [Math.max(largest, Math.abs(next)), Math.max(change, Math.abs(step))];
    }
    if (change <= 1e-6 * largest) break;
  }
  return Float32Array.from(alpha);
}
