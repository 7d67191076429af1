/** Widths first, pixel by pixel (their taps lie apart), into `scratch`; then heights, as sums of whole rows, four pixels a step. */
export function resize(
  source: usize,
  rowIndex: usize,
  rowWeight: usize,
  columnIndex: usize,
  columnWeight: usize,
  result: usize,
  scratch: usize,
  planes: i32,
  height: i32,
  width: i32,
  outHeight: i32,
  outWidth: i32,
  taps: i32,
): void {
  for (let p = 0; p < planes; p++) {
    for (let y = 0; y < height; y++) {
      resizeAlong(source + ((<usize>(p * height + y) * width) << 2), columnIndex, columnWeight, scratch + ((<usize>y * outWidth) << 2), outWidth, taps);
    }
    for (let Y = 0; Y < outHeight; Y++) {
      const target = result + ((<usize>(p * outHeight + Y) * outWidth) << 2);
      const tap = (<usize>Y * taps) << 2;
      for (let i = 0; i < taps; i++) {
        const row = scratch + ((<usize>load<i32>(rowIndex + tap + (<usize>i << 2)) * outWidth) << 2);
        const weight = load<f32>(rowWeight + tap + (<usize>i << 2));
        if (i == 0) resizeScaled(row, weight, target, outWidth);
        else resizeAdded(row, weight, target, outWidth);
      }
    }
  }
}

function resizeAlong(row: usize, index: usize, weight: usize, target: usize, outWidth: i32, taps: i32): void {
  for (let X = 0; X < outWidth; X++) {
    let sum: f32 = 0;
    for (let j = 0; j < taps; j++) {
      sum += load<f32>(weight) * load<f32>(row + (<usize>load<i32>(index) << 2));
      weight += 4;
      index += 4;
    }
    store<f32>(target + (<usize>X << 2), sum);
  }
}

/** target = weight · row */
function resizeScaled(row: usize, weight: f32, target: usize, count: i32): void {
  const w = f32x4.splat(weight);
  let x = 0;
  for (; x <= count - 4; x += 4) v128.store(target + (<usize>x << 2), f32x4.mul(w, v128.load(row + (<usize>x << 2))));
  for (; x < count; x++) store<f32>(target + (<usize>x << 2), weight * load<f32>(row + (<usize>x << 2)));
}

/** target += weight · row */
function resizeAdded(row: usize, weight: f32, target: usize, count: i32): void {
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
