import { orderedBits } from './order.wgsl.ts';
import type { Twin } from './twin.ts';

/** A workgroup a plane. Lowest and highest are found by bits in the order of the numbers, among which NaN is on the outside. */
const code = /* wgsl */ `
struct Sizes { planes: u32, pixels: u32 }
@group(0) @binding(0) var<uniform> sizes: Sizes;
@group(0) @binding(1) var<storage, read> source: array<u32>;
@group(0) @binding(2) var<storage, read_write> result: array<u32>;
${orderedBits}

var<workgroup> lowest: atomic<u32>;
var<workgroup> highest: atomic<u32>;
var<workgroup> broken: atomic<u32>;

@compute @workgroup_size(256)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) own: u32,
) {
  let plane = group.x + group.y * groups.x;
  if (plane >= sizes.planes) { return; }
  if (own == 0) { atomicStore(&lowest, 0xffffffff); }
  workgroupBarrier();
  var low = 0xffffffffu;
  var high = 0u;
  for (var i = own; i < sizes.pixels; i += 256) {
    let bits = source[plane * sizes.pixels + i];
    if (isNaN(bits)) { atomicStore(&broken, 1); }
    low = min(low, ordered(bits));
    high = max(high, ordered(bits));
  }
  atomicMin(&lowest, low);
  atomicMax(&highest, high);
  workgroupBarrier();
  let least = bitcast<f32>(unordered(atomicLoad(&lowest)));
  let most = bitcast<f32>(unordered(atomicLoad(&highest)));
  let range = most - least;
  let constant = range <= 1e-6 * max(abs(least), abs(most));
  let nan = atomicLoad(&broken) != 0;
  for (var i = own; i < sizes.pixels; i += 256) {
    let at = plane * sizes.pixels + i;
    let share = (bitcast<f32>(source[at]) - least) / range;
    result[at] = select(select(bitcast<u32>(share), 0u, constant), 0x7fc00000u, nan);
  }
}`;

export const minMax: Twin<'minMax'> = (steps, source, result, planes, pixels) =>
  steps.add({ code, sizes: [planes, pixels], buffers: [source, result], groups: planes });
