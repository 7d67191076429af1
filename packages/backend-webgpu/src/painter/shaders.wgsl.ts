/** What of a map is shown: its positive part (0), or its size (1). */
export const shown = /* wgsl */ `
struct Sizes { total: u32, magnitude: u32 }
@group(0) @binding(0) var<uniform> sizes: Sizes;
@group(0) @binding(1) var<storage, read> map: array<f32>;
@group(0) @binding(2) var<storage, read_write> result: array<f32>;

@compute @workgroup_size(256)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let i = element(id, groups);
  if (i < sizes.total) { result[i] = select(max(map[i], 0), abs(map[i]), sizes.magnitude == 1); }
}`;

/** RGBA bytes out of a buffer onto a canvas, pixel by pixel: one triangle that covers it. */
export const onto = /* wgsl */ `
@group(0) @binding(0) var<uniform> width: u32;
@group(0) @binding(1) var<storage, read> pixels: array<u32>;

@vertex
fn corner(@builtin(vertex_index) i: u32) -> @builtin(position) vec4f {
  return vec4f(f32(i / 2) * 4 - 1, f32(i % 2) * 4 - 1, 0, 1);
}

@fragment
fn pixel(@builtin(position) at: vec4f) -> @location(0) vec4f {
  return unpack4x8unorm(pixels[u32(at.y) * width + u32(at.x)]);
}`;
