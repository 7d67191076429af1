/** Along widths the row is laid out with its borders, so that four neighbours are one load; along heights rows add up. */
export function blur(
  source: usize,
  taps: usize,
  result: usize,
  scratch: usize,
  planes: i32,
  height: i32,
  width: i32,
  count: i32,
  border: i32,
): void {
  const radius = count >> 1;
  const stride = <usize>width << 2;
  const row = scratch + <usize>height * stride;
  for (let p = 0; p < planes; p++) {
    for (let y = 0; y < height; y++) {
      blurPad(source + <usize>y * stride, row, width, radius, border);
      blurRow(row, taps, scratch + <usize>y * stride, width, count);
    }
    for (let y = 0; y < height; y++) {
      const target = result + <usize>y * stride;
      memory.fill(target, 0, stride);
      for (let i = 0; i < count; i++) {
        const from = blurIndex(y + i - radius, height, border);
        if (from >= 0) blurAdd(scratch + <usize>from * stride, load<f32>(taps + (<usize>i << 2)), target, width);
      }
    }
    source += <usize>height * stride;
    result += <usize>height * stride;
  }
}

/** The place inside 0 … length − 1 that stands at `at`; −1 where nothing does. */
function blurIndex(at: i32, length: i32, border: i32): i32 {
  if (at >= 0 && at < length) return at;
  if (border == 2) return -1;
  const period = border == 0 ? 2 * length : max(1, 2 * length - 2);
  const within = ((at % period) + period) % period;
  if (within < length) return within;
  return border == 0 ? period - 1 - within : period - within;
}

function blurPad(source: usize, row: usize, width: i32, radius: i32, border: i32): void {
  memory.copy(row + (<usize>radius << 2), source, <usize>width << 2);
  for (let k = 0; k < radius; k++) {
    const left = blurIndex(k - radius, width, border);
    const right = blurIndex(width + k, width, border);
    store<f32>(row + (<usize>k << 2), left < 0 ? 0 : load<f32>(source + (<usize>left << 2)));
    store<f32>(row + (<usize>(radius + width + k) << 2), right < 0 ? 0 : load<f32>(source + (<usize>right << 2)));
  }
}

function blurRow(row: usize, taps: usize, target: usize, width: i32, count: i32): void {
  let x = 0;
  for (; x <= width - 4; x += 4) {
    let sum = f32x4.splat(0);
    let at = row + (<usize>x << 2);
    for (let j = 0; j < count; j++) {
      sum = f32x4.add(sum, f32x4.mul(v128.load32_splat(taps + (<usize>j << 2)), v128.load(at)));
      at += 4;
    }
    v128.store(target + (<usize>x << 2), sum);
  }
  for (; x < width; x++) {
    let sum: f32 = 0;
    for (let j = 0; j < count; j++) sum += load<f32>(taps + (<usize>j << 2)) * load<f32>(row + (<usize>(x + j) << 2));
    store<f32>(target + (<usize>x << 2), sum);
  }
}

/** target += weight · row */
function blurAdd(row: usize, weight: f32, target: usize, count: i32): void {
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
