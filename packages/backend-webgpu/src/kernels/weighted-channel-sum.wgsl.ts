import type { Twin } from './twin.ts';

/** Sixteen pixels a workgroup: maps are small and channels many, so sixteen invocations share the channels of each pixel. */
const code = /* wgsl */ `
struct Sizes { channels: u32, pixels: u32 }
@group(0) @binding(0) var<uniform> sizes: Sizes;
@group(0) @binding(1) var<storage, read> activation: array<f32>;
@group(0) @binding(2) var<storage, read> weights: array<f32>;
@group(0) @binding(3) var<storage, read_write> result: array<f32>;

var<workgroup> shares: array<f32, 256>;

@compute @workgroup_size(256)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) own: u32,
) {
  let pixel = (group.x + group.y * groups.x) * 16 + own % 16;
  var sum = 0.0;
  if (pixel < sizes.pixels) {
    for (var c = own / 16; c < sizes.channels; c += 16) { sum += weights[c] * activation[c * sizes.pixels + pixel]; }
  }
  shares[own] = sum;
  for (var span = 128u; span >= 16; span /= 2) {
    workgroupBarrier();
    if (own < span) { shares[own] += shares[own + span]; }
  }
  if (own < 16 && pixel < sizes.pixels) { result[pixel] = shares[own]; }
}`;

export const weightedChannelSum: Twin<'weightedChannelSum'> = (steps, activation, weights, result, channels, pixels) =>
  steps.add({
    code,
    sizes: [channels, pixels],
    buffers: [activation, weights, result],
    groups: Math.ceil(pixels / 16),
  });
