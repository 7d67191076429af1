export function riseAccumulate(
  scores: usize,
  rows: usize,
  grid: usize,
  columns: usize,
  map: usize,
  scratch: usize,
  count: i32,
  cells: i32,
  height: i32,
  width: i32,
): void {
  const stride = <usize>width << 2;
  for (let n = 0; n < count; n++) {
    const score = load<f32>(scores + (<usize>n << 2));
    memory.fill(scratch, 0, <usize>cells * stride);
    for (let i = 0; i < cells; i++) {
      for (let j = 0; j < cells; j++) {
        const weight = score * load<f32>(grid);
        if (weight != 0) riseAdd(columns + <usize>j * stride, weight, scratch + <usize>i * stride, width);
        grid += 4;
      }
    }
    columns += <usize>cells * stride;
    for (let y = 0; y < height; y++) {
      for (let i = 0; i < cells; i++) {
        const weight = load<f32>(rows);
        if (weight != 0) riseAdd(scratch + <usize>i * stride, weight, map + <usize>y * stride, width);
        rows += 4;
      }
    }
  }
}

/** target += weight · row */
function riseAdd(row: usize, weight: f32, target: usize, count: i32): void {
  const w = f32x4.splat(weight);
  let x = 0;
  for (; x <= count - 4; x += 4) {
    const at = <usize>x << 2;
    v128.store(target + at, f32x4.add(v128.load(target + at), f32x4.mul(w, v128.load(row + at))));
  }
  for (; x < count; x++) {
    const at = <usize>x << 2;
    store<f32>(target + at, load<f32>(target + at) + weight * load<f32>(row + at));
  }
}
