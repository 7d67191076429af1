export function maskBlend(image: usize, masks: usize, baseline: usize, result: usize, count: i32, channels: i32, pixels: i32): void {
  const stride = <usize>pixels << 2;
  for (let n = 0; n < count; n++) {
    for (let c = 0; c < channels; c++) {
      const plane = <usize>c * stride;
      maskBlendPlane(image + plane, masks + <usize>n * stride, baseline + plane, result, pixels);
      result += stride;
    }
  }
}

function maskBlendPlane(image: usize, mask: usize, baseline: usize, result: usize, pixels: i32): void {
  const one = f32x4.splat(1);
  let p = 0;
  for (; p <= pixels - 4; p += 4) {
    const at = <usize>p << 2;
    const m = v128.load(mask + at);
    const kept = f32x4.mul(v128.load(image + at), m);
    v128.store(result + at, f32x4.add(kept, f32x4.mul(v128.load(baseline + at), f32x4.sub(one, m))));
  }
  for (; p < pixels; p++) {
    const at = <usize>p << 2;
    const m = load<f32>(mask + at);
    store<f32>(result + at, load<f32>(image + at) * m + load<f32>(baseline + at) * (1 - m));
  }
}
