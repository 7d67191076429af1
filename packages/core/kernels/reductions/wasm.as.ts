/** Four float64 sums side by side, then their sum. */
export function reductions(values: usize, result: usize, count: i32): void {
  let low = f64x2.splat(0);
  let high = f64x2.splat(0);
  let most = f32x4.splat(-Infinity);
  let least = f32x4.splat(Infinity);
  let i = 0;
  for (; i <= count - 4; i += 4) {
    const v = v128.load(values + (<usize>i << 2));
    low = f64x2.add(low, f64x2.promote_low_f32x4(v));
    high = f64x2.add(high, f64x2.promote_low_f32x4(v128.shuffle<f32>(v, v, 2, 3, 2, 3)));
    most = f32x4.max(most, v);
    least = f32x4.min(least, v);
  }
  let sum: f64 = 0;
  for (; i < count; i++) {
    const v = v128.load32_splat(values + (<usize>i << 2));
    sum += <f64>f32x4.extract_lane(v, 0);
    most = f32x4.max(most, v);
    least = f32x4.min(least, v);
  }
  low = f64x2.add(low, high);
  sum += f64x2.extract_lane(low, 0) + f64x2.extract_lane(low, 1);
  most = f32x4.max(most, v128.shuffle<f32>(most, most, 2, 3, 0, 1));
  least = f32x4.min(least, v128.shuffle<f32>(least, least, 2, 3, 0, 1));
  store<f64>(result, sum);
  store<f64>(result, <f64>max<f32>(f32x4.extract_lane(most, 0), f32x4.extract_lane(most, 1)), 8);
  store<f64>(result, <f64>min<f32>(f32x4.extract_lane(least, 0), f32x4.extract_lane(least, 1)), 16);
  store<f64>(result, sum / <f64>count, 24);
}
