/** Sixteen pixels a step, then four, then one: the sums stay in registers while the channels go by. */
export function weightedChannelSum(activation: usize, weights: usize, result: usize, channels: i32, pixels: i32): void {
  const stride = <usize>pixels << 2;
  let p = 0;
  for (; p <= pixels - 16; p += 16) {
    let a = f32x4.splat(0);
    let b = f32x4.splat(0);
    let c = f32x4.splat(0);
    let d = f32x4.splat(0);
    let at = activation + (<usize>p << 2);
    for (let k = 0; k < channels; k++) {
      const w = v128.load32_splat(weights + (<usize>k << 2));
      a = f32x4.add(a, f32x4.mul(w, v128.load(at)));
      b = f32x4.add(b, f32x4.mul(w, v128.load(at, 16)));
      c = f32x4.add(c, f32x4.mul(w, v128.load(at, 32)));
      d = f32x4.add(d, f32x4.mul(w, v128.load(at, 48)));
      at += stride;
    }
    const target = result + (<usize>p << 2);
    v128.store(target, a);
    v128.store(target, b, 16);
    v128.store(target, c, 32);
    v128.store(target, d, 48);
  }
  for (; p <= pixels - 4; p += 4) {
    let sum = f32x4.splat(0);
    let at = activation + (<usize>p << 2);
    for (let k = 0; k < channels; k++) {
      sum = f32x4.add(sum, f32x4.mul(v128.load32_splat(weights + (<usize>k << 2)), v128.load(at)));
      at += stride;
    }
    v128.store(result + (<usize>p << 2), sum);
  }
  for (; p < pixels; p++) {
    let sum: f32 = 0;
    let at = activation + (<usize>p << 2);
    for (let k = 0; k < channels; k++) {
      sum += load<f32>(weights + (<usize>k << 2)) * load<f32>(at);
      at += stride;
    }
    store<f32>(result + (<usize>p << 2), sum);
  }
}
