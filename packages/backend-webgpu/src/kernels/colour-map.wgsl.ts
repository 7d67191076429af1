import type { Twin } from './twin.ts';

/** A pixel is a word of four bytes. Heat is read as bits, because a shader may take it that no number is NaN. */
const code = /* wgsl */ `
struct Sizes { opacity: f32, pixels: u32 }
@group(0) @binding(0) var<uniform> sizes: Sizes;
@group(0) @binding(1) var<storage, read> heat: array<u32>;
@group(0) @binding(2) var<storage, read> table: array<u32>;
@group(0) @binding(3) var<storage, read> over: array<u32>;
@group(0) @binding(4) var<storage, read_write> result: array<u32>;

fn level(bits: u32) -> u32 {
  if ((bits & 0x7fffffff) > 0x7f800000 || bits >= 0x80000000) { return 0; } // NaN and what is below zero
  if (bits >= 0x3f800000) { return 255; } // one and more
  return u32(bitcast<f32>(bits) * 255 + 0.5);
}

fn bytes(word: u32) -> vec4f { return vec4f((vec4u(word) >> vec4u(0, 8, 16, 24)) & vec4u(255)); }

@compute @workgroup_size(256)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let p = element(id, groups);
  if (p >= sizes.pixels) { return; }
  let colour = table[level(heat[p])];
  if (sizes.opacity >= 1) {
    result[p] = colour;
    return;
  }
  let mixed = vec4u(bytes(over[p]) * (1 - sizes.opacity) + bytes(colour) * sizes.opacity + 0.5) << vec4u(0, 8, 16, 24);
  result[p] = mixed.x | mixed.y | mixed.z | mixed.w;
}`;

export const colourMap: Twin<'colourMap'> = (steps, heat, table, over, result, opacity, pixels) =>
  steps.add({ code, sizes: [{ f32: opacity }, pixels], buffers: [heat, table, over, result], threads: pixels });
