/**
 * One axis of a picture brought to another length by a triangle filter that widens when it shrinks: bilinear with antialiasing,
 * as PIL and torchvision resize. `at(i)` maps an output position to its taps.
 */
export function taps(from: number, to: number): readonly { readonly first: number; readonly weights: Float64Array }[] {
  const scale = from / to;
  const support = Math.max(1, scale);
  return Array.from({ length: to }, (_, i) => {
    const centre = (i + 0.5) * scale;
    const first = Math.max(0, Math.floor(centre - support + 0.5));
    const last = Math.min(from, Math.floor(centre + support + 0.5));
    const weights = Float64Array.from({ length: last - first }, (_, k) =>
      Math.max(0, 1 - Math.abs((first + k + 0.5 - centre) / support)),
    );
    const total = weights.reduce((sum, v) => sum + v, 0);
    return { first, weights: weights.map((v) => v / total) };
  });
}

/** One plane [h, w] to [H, W], rounded to whole bytes after each axis as PIL does. */
export function resample(
  plane: Float32Array,
  [h, w]: readonly [number, number],
  [H, W]: readonly [number, number],
): Float32Array {
  const round = (v: number): number => Math.min(255, Math.max(0, Math.floor(v + 0.5)));
  const across = taps(w, W);
  const down = taps(h, H);
  const middle = new Float32Array(h * W);
  for (let y = 0; y < h; y++) {
    across.forEach(({ first, weights }, x) => {
      let sum = 0;
      for (let k = 0; k < weights.length; k++) sum += weights[k]! * plane[y * w + first + k]!;
      middle[y * W + x] = round(sum);
    });
  }
  const result = new Float32Array(H * W);
  down.forEach(({ first, weights }, y) => {
    for (let x = 0; x < W; x++) {
      let sum = 0;
      for (let k = 0; k < weights.length; k++) sum += weights[k]! * middle[(first + k) * W + x]!;
      result[y * W + x] = round(sum);
    }
  });
  return result;
}
