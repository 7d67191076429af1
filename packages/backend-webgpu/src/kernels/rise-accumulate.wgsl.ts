import type { Twin } from './twin.ts';

/** First scores[n] · grid_n · columns_n for all masks, [count, cells, width]; then every pixel sums its rows' shares. */
const across = /* wgsl */ `
struct Sizes { count: u32, cells: u32, width: u32 }
@group(0) @binding(0) var<uniform> sizes: Sizes;
@group(0) @binding(1) var<storage, read> scores: array<f32>;
@group(0) @binding(2) var<storage, read> grid: array<f32>;
@group(0) @binding(3) var<storage, read> columns: array<f32>;
@group(0) @binding(4) var<storage, read_write> products: array<f32>;

@compute @workgroup_size(256)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let at = element(id, groups);
  if (at >= sizes.count * sizes.cells * sizes.width) { return; }
  let row = at / sizes.width;
  let n = row / sizes.cells;
  var sum = 0.0;
  for (var j = 0u; j < sizes.cells; j++) {
    sum += grid[row * sizes.cells + j] * columns[(n * sizes.cells + j) * sizes.width + at % sizes.width];
  }
  products[at] = scores[n] * sum;
}`;

const down = /* wgsl */ `
struct Sizes { count: u32, cells: u32, height: u32, width: u32 }
@group(0) @binding(0) var<uniform> sizes: Sizes;
@group(0) @binding(1) var<storage, read> rows: array<f32>;
@group(0) @binding(2) var<storage, read> products: array<f32>;
@group(0) @binding(3) var<storage, read_write> map: array<f32>;

@compute @workgroup_size(256)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let at = element(id, groups);
  if (at >= sizes.height * sizes.width) { return; }
  let y = at / sizes.width;
  var sum = map[at];
  for (var n = 0u; n < sizes.count; n++) {
    for (var i = 0u; i < sizes.cells; i++) {
      sum += rows[(n * sizes.height + y) * sizes.cells + i] * products[(n * sizes.cells + i) * sizes.width + at % sizes.width];
    }
  }
  map[at] = sum;
}`;

export const riseAccumulate: Twin<'riseAccumulate'> = (
  steps,
  scores,
  rows,
  grid,
  columns,
  map,
  _,
  count,
  cells,
  height,
  width,
) => {
  const products = steps.scratch(4 * count * cells * width);
  steps.add({
    code: across,
    sizes: [count, cells, width],
    buffers: [scores, grid, columns, products],
    threads: count * cells * width,
  });
  steps.add({
    code: down,
    sizes: [count, cells, height, width],
    buffers: [rows, products, map],
    threads: height * width,
  });
};
