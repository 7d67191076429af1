export function minMax(source: usize, result: usize, planes: i32, pixels: i32): void {
  for (let p = 0; p < planes; p++) {
    const offset = (<usize>p * pixels) << 2;
    minMaxPlane(source + offset, result + offset, pixels);
  }
}

function minMaxPlane(source: usize, result: usize, pixels: i32): void {
  let low = f32x4.splat(Infinity);
  let high = f32x4.splat(-Infinity);
  let i = 0;
  for (; i <= pixels - 4; i += 4) {
    const v = v128.load(source + (<usize>i << 2));
    low = f32x4.min(low, v);
    high = f32x4.max(high, v);
  }
  for (; i < pixels; i++) {
    const v = v128.load32_splat(source + (<usize>i << 2));
    low = f32x4.min(low, v);
    high = f32x4.max(high, v);
  }
  low = f32x4.min(low, v128.shuffle<f32>(low, low, 2, 3, 0, 1));
  high = f32x4.max(high, v128.shuffle<f32>(high, high, 2, 3, 0, 1));
  const least = min<f32>(f32x4.extract_lane(low, 0), f32x4.extract_lane(low, 1));
  const most = max<f32>(f32x4.extract_lane(high, 0), f32x4.extract_lane(high, 1));
  const range = most - least;
  if (range <= <f32>1e-6 * max<f32>(abs<f32>(least), abs<f32>(most))) {
    memory.fill(result, 0, <usize>pixels << 2);
    return;
  }
  const from = f32x4.splat(least);
  const by = f32x4.splat(range);
  for (i = 0; i <= pixels - 4; i += 4) {
    const at = <usize>i << 2;
    v128.store(result + at, f32x4.div(f32x4.sub(v128.load(source + at), from), by));
  }
  for (; i < pixels; i++) {
    const at = <usize>i << 2;
    store<f32>(result + at, (load<f32>(source + at) - least) / range);
  }
}
