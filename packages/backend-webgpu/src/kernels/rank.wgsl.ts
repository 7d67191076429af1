import { orderedBits } from './order.wgsl.ts';
import type { Step, Twin } from './twin.ts';

/** Elements that a workgroup sorts in its own memory: two an invocation. */
const block = 512;

/**
 * A bitonic sort of indices. Two are in order when the first one's number is larger (NaN largest), and of equal numbers the
 * first is the larger index: no two are equal, so the order is that of the reference whatever the way it is reached. Indices
 * past the end come last. `k` is the length of the runs that are merged, `j` how far apart the two compared are.
 */
const code = /* wgsl */ `
struct Sizes { count: u32, length: u32, k: u32, j: u32 }
@group(0) @binding(0) var<uniform> sizes: Sizes;
@group(0) @binding(1) var<storage, read> values: array<u32>;
@group(0) @binding(2) var<storage, read_write> order: array<u32>;
${orderedBits}

var<workgroup> indices: array<u32, ${block}>;
var<workgroup> keys: array<u32, ${block}>;

fn keyOf(index: u32) -> u32 {
  if (index >= sizes.count) { return 0; }
  let bits = values[index];
  if (isNaN(bits)) { return 0xffffffff; }
  return ordered(select(bits, 0u, bits == 0x80000000)); // the zeros are equal
}

fn before(key: u32, index: u32, otherKey: u32, other: u32) -> bool {
  if (key != otherKey) { return key > otherKey; }
  // Past the end an index is larger than any other, and still comes last: no number has the key 0.
  return select(index > other, index < other, key == 0);
}

// The lower of the two places that invocation t compares at distance j.
fn lower(t: u32, j: u32) -> u32 { return t / j * 2 * j + t % j; }

fn local(own: u32, start: u32, k: u32, first: u32) {
  for (var j = first; j > 0; j /= 2) {
    workgroupBarrier();
    let a = lower(own, j);
    let b = a + j;
    let falling = ((start + a) & k) == 0;
    if (before(keys[b], indices[b], keys[a], indices[a]) == falling) {
      let key = keys[a];
      let index = indices[a];
      keys[a] = keys[b];
      indices[a] = indices[b];
      keys[b] = key;
      indices[b] = index;
    }
  }
}

// Runs of ${block}, sorted from nothing.
@compute @workgroup_size(256)
fn begin(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) own: u32) {
  let start = (group.x + group.y * groups.x) * ${block};
  for (var i = own; i < ${block}; i += 256) {
    indices[i] = start + i;
    keys[i] = keyOf(start + i);
  }
  for (var k = 2u; k <= ${block}; k *= 2) { local(own, start, k, k / 2); }
  workgroupBarrier();
  for (var i = own; i < ${block}; i += 256) {
    if (start + i < sizes.length) { order[start + i] = indices[i]; }
  }
}

// One comparison of each pair that lies further apart than a workgroup reaches.
@compute @workgroup_size(256)
fn far(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let t = element(id, groups);
  if (t >= sizes.length / 2) { return; }
  let a = lower(t, sizes.j);
  let b = a + sizes.j;
  let first = order[a];
  let second = order[b];
  if (before(keyOf(second), second, keyOf(first), first) == ((a & sizes.k) == 0)) {
    order[a] = second;
    order[b] = first;
  }
}

// What is left of a merge, within runs of ${block}.
@compute @workgroup_size(256)
fn near(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) own: u32) {
  let start = (group.x + group.y * groups.x) * ${block};
  if (start >= sizes.length) { return; }
  for (var i = own; i < ${block}; i += 256) {
    indices[i] = order[start + i];
    keys[i] = keyOf(indices[i]);
  }
  local(own, start, sizes.k, ${block / 2}u);
  workgroupBarrier();
  for (var i = own; i < ${block}; i += 256) { order[start + i] = indices[i]; }
}`;

const copy = /* wgsl */ `
struct Sizes { count: u32 }
@group(0) @binding(0) var<uniform> sizes: Sizes;
@group(0) @binding(1) var<storage, read> order: array<u32>;
@group(0) @binding(2) var<storage, read_write> result: array<u32>;

@compute @workgroup_size(256)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let i = element(id, groups);
  if (i < sizes.count) { result[i] = order[i]; }
}`;

export const rank: Twin<'rank'> = (steps, values, result, _, count) => {
  let length = block;
  while (length < count) length *= 2;
  const order = steps.scratch(4 * length);
  const step = (entry: string, k: number, j: number, work: Pick<Step, 'threads' | 'groups'>): void =>
    steps.add({ code, entry, sizes: [count, length, k, j], buffers: [values, order], ...work });
  const blocks = { groups: length / block };
  step('begin', 0, 0, blocks);
  for (let k = 2 * block; k <= length; k *= 2) {
    for (let j = k / 2; j >= block; j /= 2) step('far', k, j, { threads: length / 2 });
    step('near', k, 0, blocks);
  }
  steps.add({ code: copy, sizes: [count], buffers: [order, result], threads: count });
};
