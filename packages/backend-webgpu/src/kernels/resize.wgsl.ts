import type { Twin } from './twin.ts';

const code = /* wgsl */ `
struct Sizes { planes: u32, height: u32, width: u32, outHeight: u32, outWidth: u32, taps: u32 }
@group(0) @binding(0) var<uniform> sizes: Sizes;
@group(0) @binding(1) var<storage, read> source: array<f32>;
@group(0) @binding(2) var<storage, read> rowIndex: array<i32>;
@group(0) @binding(3) var<storage, read> rowWeight: array<f32>;
@group(0) @binding(4) var<storage, read> columnIndex: array<i32>;
@group(0) @binding(5) var<storage, read> columnWeight: array<f32>;
@group(0) @binding(6) var<storage, read_write> result: array<f32>;

@compute @workgroup_size(256)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let at = element(id, groups);
  if (at >= sizes.planes * sizes.outHeight * sizes.outWidth) { return; }
  let x = at % sizes.outWidth;
  let y = at / sizes.outWidth % sizes.outHeight;
  let plane = at / sizes.outWidth / sizes.outHeight;
  var sum = 0.0;
  for (var i = 0u; i < sizes.taps; i++) {
    let row = (plane * sizes.height + u32(rowIndex[y * sizes.taps + i])) * sizes.width;
    var along = 0.0;
    for (var j = 0u; j < sizes.taps; j++) {
      along += columnWeight[x * sizes.taps + j] * source[row + u32(columnIndex[x * sizes.taps + j])];
    }
    sum += rowWeight[y * sizes.taps + i] * along;
  }
  result[at] = sum;
}`;

export const resize: Twin<'resize'> = (
  steps,
  source,
  rowIndex,
  rowWeight,
  columnIndex,
  columnWeight,
  result,
  _,
  planes,
  height,
  width,
  outHeight,
  outWidth,
  taps,
) =>
  steps.add({
    code,
    sizes: [planes, height, width, outHeight, outWidth, taps],
    buffers: [source, rowIndex, rowWeight, columnIndex, columnWeight, result],
    threads: planes * outHeight * outWidth,
  });
