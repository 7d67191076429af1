/** A pixel is one load of four bytes from the table; over a picture, its four bytes are blended as four lanes. */
export function colourMap(heat: usize, table: usize, over: usize, result: usize, opacity: f32, pixels: i32): void {
  const covers = !(opacity < 1);
  const behind = f32x4.splat(1 - opacity);
  const before = f32x4.splat(opacity);
  const half = f32x4.splat(0.5);
  for (let p = 0; p < pixels; p++) {
    const at = <usize>p << 2;
    const value = load<f32>(heat + at);
    const level: f32 = (value > 0 ? min<f32>(value, 1) : <f32>0) * 255 + 0.5;
    const colour = table + (<usize>level << 2);
    if (covers) {
      store<u32>(result + at, load<u32>(colour));
      continue;
    }
    const mixed = f32x4.add(f32x4.add(f32x4.mul(colourLanes(over + at), behind), f32x4.mul(colourLanes(colour), before)), half);
    const whole = i32x4.trunc_sat_f32x4_u(mixed);
    const shorts = i16x8.narrow_i32x4_u(whole, whole);
    store<u32>(result + at, <u32>i32x4.extract_lane(i8x16.narrow_i16x8_u(shorts, shorts), 0));
  }
}

function colourLanes(bytes: usize): v128 {
  return f32x4.convert_i32x4_u(i32x4.extend_low_i16x8_u(i16x8.extend_low_i8x16_u(v128.load32_zero(bytes))));
}
