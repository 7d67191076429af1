/** Widths first, pixel by pixel, for the few rows of the grid; then heights, four pixels a step. */
export function riseMasks(bits: usize, shifts: usize, result: usize, scratch: usize, count: i32, cells: i32, height: i32, width: i32): void {
  const stride = <usize>width << 2;
  const upsampledHeight = (cells + 1) * ((height + cells - 1) / cells);
  const upsampledWidth = (cells + 1) * ((width + cells - 1) / cells);
  for (let n = 0; n < count; n++) {
    const down = load<i32>(shifts + (<usize>n << 3));
    const across = load<i32>(shifts + (<usize>n << 3), 4);
    for (let x = 0; x < width; x++) {
      const at = risePlace(x + across, cells, upsampledWidth);
      const below = floor(at);
      const t = <f32>(at - below);
      const first = <usize>riseMirrored(<i32>below, cells) << 2;
      const second = <usize>riseMirrored(<i32>below + 1, cells) << 2;
      let row = bits;
      let target = scratch + (<usize>x << 2);
      for (let i = 0; i < cells; i++) {
        store<f32>(target, load<f32>(row + first) * (1 - t) + load<f32>(row + second) * t);
        row += <usize>cells << 2;
        target += stride;
      }
    }
    for (let y = 0; y < height; y++) {
      const at = risePlace(y + down, cells, upsampledHeight);
      const below = floor(at);
      const first = scratch + <usize>riseMirrored(<i32>below, cells) * stride;
      const second = scratch + <usize>riseMirrored(<i32>below + 1, cells) * stride;
      riseBetween(first, second, <f32>(at - below), result, width);
      result += stride;
    }
    bits += <usize>(cells * cells) << 2;
  }
}

function risePlace(pixel: i32, cells: i32, upsampled: i32): f64 {
  return ((<f64>pixel + 0.5) * <f64>cells) / <f64>upsampled - 0.5;
}

function riseMirrored(cell: i32, cells: i32): i32 {
  const inside = abs(cell);
  return max(0, inside < cells ? inside : 2 * cells - 2 - inside);
}

/** target = first · (1 − t) + second · t */
function riseBetween(first: usize, second: usize, t: f32, target: usize, count: i32): void {
  const a = f32x4.splat(1 - t);
  const b = f32x4.splat(t);
  let x = 0;
  for (; x <= count - 4; x += 4) {
    const at = <usize>x << 2;
    v128.store(target + at, f32x4.add(f32x4.mul(v128.load(first + at), a), f32x4.mul(v128.load(second + at), b)));
  }
  for (; x < count; x++) {
    const at = <usize>x << 2;
    store<f32>(target + at, load<f32>(first + at) * (1 - t) + load<f32>(second + at) * t);
  }
}
