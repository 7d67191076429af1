import type { Twin } from './twin.ts';

/** One axis a step: `stride` elements lie between two neighbours along it, `length` of them in a line. */
const code = /* wgsl */ `
struct Sizes { total: u32, length: i32, stride: u32, count: i32, border: i32 }
@group(0) @binding(0) var<uniform> sizes: Sizes;
@group(0) @binding(1) var<storage, read> source: array<f32>;
@group(0) @binding(2) var<storage, read> taps: array<f32>;
@group(0) @binding(3) var<storage, read_write> result: array<f32>;

// The place inside 0 … length − 1 that stands at 'at'; −1 where nothing does.
fn place(at: i32, length: i32) -> i32 {
  if (at >= 0 && at < length) { return at; }
  if (sizes.border == 2) { return -1; }
  let period = select(max(1, 2 * length - 2), 2 * length, sizes.border == 0);
  let within = ((at % period) + period) % period;
  if (within < length) { return within; }
  return select(period - within, period - 1 - within, sizes.border == 0);
}

@compute @workgroup_size(256)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let i = element(id, groups);
  if (i >= sizes.total) { return; }
  let along = i32(i / sizes.stride) % sizes.length;
  let start = i - u32(along) * sizes.stride;
  let radius = sizes.count / 2;
  var sum = 0.0;
  for (var t = 0; t < sizes.count; t++) {
    let at = place(along + t - radius, sizes.length);
    if (at >= 0) { sum += taps[t] * source[start + u32(at) * sizes.stride]; }
  }
  result[i] = sum;
}`;

/** Along the width into memory of its own, then along the height. */
export const blur: Twin<'blur'> = (steps, source, taps, result, _, planes, height, width, count, border) => {
  const total = planes * height * width;
  const across = steps.scratch(4 * total);
  steps.add({ code, sizes: [total, width, 1, count, border], buffers: [source, taps, across], threads: total });
  steps.add({ code, sizes: [total, height, width, count, border], buffers: [across, taps, result], threads: total });
};
