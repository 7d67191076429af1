import type { Twin } from './twin.ts';

const code = /* wgsl */ `
struct Sizes { count: u32, channels: u32, pixels: u32 }
@group(0) @binding(0) var<uniform> sizes: Sizes;
@group(0) @binding(1) var<storage, read> image: array<f32>;
@group(0) @binding(2) var<storage, read> masks: array<f32>;
@group(0) @binding(3) var<storage, read> baseline: array<f32>;
@group(0) @binding(4) var<storage, read_write> result: array<f32>;

@compute @workgroup_size(256)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let i = element(id, groups);
  let picture = sizes.channels * sizes.pixels;
  if (i >= sizes.count * picture) { return; }
  let m = masks[i / picture * sizes.pixels + i % sizes.pixels];
  let at = i % picture;
  result[i] = image[at] * m + baseline[at] * (1 - m);
}`;

export const maskBlend: Twin<'maskBlend'> = (steps, image, masks, baseline, result, count, channels, pixels) =>
  steps.add({
    code,
    sizes: [count, channels, pixels],
    buffers: [image, masks, baseline, result],
    threads: count * channels * pixels,
  });
