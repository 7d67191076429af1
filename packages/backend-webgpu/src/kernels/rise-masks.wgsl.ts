import type { Twin } from './twin.ts';

/**
 * Where a place lies between two cells is worked out in whole numbers: ((i + shift + ½)·cells / upsampled − ½) is
 * ((2(i + shift) + 1)·cells − upsampled) over 2·upsampled, whose quotient and rest are exact.
 */
const code = /* wgsl */ `
struct Sizes { count: u32, cells: i32, height: u32, width: u32 }
@group(0) @binding(0) var<uniform> sizes: Sizes;
@group(0) @binding(1) var<storage, read> bits: array<f32>;
@group(0) @binding(2) var<storage, read> shifts: array<i32>;
@group(0) @binding(3) var<storage, read_write> result: array<f32>;

struct Taps { first: i32, second: i32, weight: f32 }

fn mirrored(cell: i32) -> i32 {
  let inside = abs(cell);
  return max(0, select(2 * sizes.cells - 2 - inside, inside, inside < sizes.cells));
}

fn taps(i: u32, length: u32, shift: i32) -> Taps {
  let upsampled = (sizes.cells + 1) * ((i32(length) + sizes.cells - 1) / sizes.cells);
  // A whole turn more, so that the division rounds down; it is taken off again.
  let above = (2 * (i32(i) + shift) + 1) * sizes.cells - upsampled + 2 * upsampled;
  let below = above / (2 * upsampled) - 1;
  return Taps(mirrored(below), mirrored(below + 1), f32(above % (2 * upsampled)) / f32(2 * upsampled));
}

@compute @workgroup_size(256)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let at = element(id, groups);
  if (at >= sizes.count * sizes.height * sizes.width) { return; }
  let n = at / sizes.width / sizes.height;
  let row = taps(at / sizes.width % sizes.height, sizes.height, shifts[2 * n]);
  let column = taps(at % sizes.width, sizes.width, shifts[2 * n + 1]);
  let grid = i32(n) * sizes.cells * sizes.cells;
  let first = grid + row.first * sizes.cells;
  let second = grid + row.second * sizes.cells;
  let t = column.weight;
  let upper = bits[first + column.first] * (1 - t) + bits[first + column.second] * t;
  let lower = bits[second + column.first] * (1 - t) + bits[second + column.second] * t;
  result[at] = upper * (1 - row.weight) + lower * row.weight;
}`;

export const riseMasks: Twin<'riseMasks'> = (steps, bits, shifts, result, _, count, cells, height, width) =>
  steps.add({
    code,
    sizes: [count, cells, height, width],
    buffers: [bits, shifts, result],
    threads: count * height * width,
  });
