import { orderedBits } from './order.wgsl.ts';
import type { Twin } from './twin.ts';

/**
 * Sums in float64 on a device that has none, and on which compilers may reorder float32: so in whole numbers. A float32 is m · 2^(e − 150);
 * its 24 bits are added to a sum of 20 digits of 16 bits, from 2^−149 up, each in an i32 with room for 2^15 additions
 * before carries are due. The sum is exact, and rounded once, to the 64 bits of a float64.
 */
const code = /* wgsl */ `
struct Sizes { count: u32 }
@group(0) @binding(0) var<uniform> sizes: Sizes;
@group(0) @binding(1) var<storage, read> values: array<u32>;
@group(0) @binding(2) var<storage, read_write> result: array<vec2u, 4>;
${orderedBits}

const digits = 20u;
const nan = vec2u(0, 0x7ff80000);
const infinity = vec2u(0, 0x7ff00000);
var<workgroup> sum: array<atomic<i32>, digits>;
var<workgroup> lowest: atomic<u32>;
var<workgroup> highest: atomic<u32>;
var<workgroup> broken: atomic<u32>;

fn gather(bits: u32) {
  if (isNaN(bits)) { atomicStore(&broken, 1); }
  let exponent = (bits >> 23) & 255;
  if (exponent == 255) { return; }
  let mantissa = (bits & 0x7fffff) | select(0x800000u, 0u, exponent == 0);
  let at = max(exponent, 1) - 1;
  let low = mantissa << (at % 16); // 24 + 15 bits: the lowest 32
  let high = (mantissa >> 16) >> (16 - at % 16); // and the rest
  let sign = select(1, -1, bits >= 0x80000000);
  atomicAdd(&sum[at / 16], sign * i32(low & 0xffff));
  atomicAdd(&sum[at / 16 + 1], sign * i32(low >> 16));
  atomicAdd(&sum[at / 16 + 2], sign * i32(high));
}

// Digits 0 … 65535 again, but for the last, which has the sign.
fn carry() {
  var over = 0;
  for (var i = 0u; i < digits; i++) {
    let digit = atomicLoad(&sum[i]) + over;
    over = digit >> 16;
    atomicStore(&sum[i], select(digit & 0xffff, digit, i == digits - 1));
  }
}

// The lowest bits of a float64, the sign above them, from a mantissa of 53 bits (the first one 1) and the exponent of the last.
fn packed(high: u32, low: u32, exponent: i32, negative: bool) -> vec2u {
  return vec2u(low, (high & 0xfffff) | (u32(exponent + 1075) << 20) | select(0u, 0x80000000u, negative));
}

fn bit(at: i32) -> u32 { return select(0u, (u32(atomicLoad(&sum[max(at, 0) / 16])) >> u32(max(at, 0) % 16)) & 1, at >= 0); }

// The sum, rounded to the nearest float64, of two the even one.
fn rounded() -> vec2u {
  let negative = atomicLoad(&sum[digits - 1]) < 0;
  if (negative) {
    for (var i = 0u; i < digits; i++) { atomicStore(&sum[i], -atomicLoad(&sum[i])); }
    carry();
  }
  var top = i32(digits * 16) - 1;
  while (top >= 0 && bit(top) == 0) { top--; }
  if (top < 0) { return vec2u(0, 0); }
  var high = 0u;
  var low = 0u;
  for (var i = 0; i < 53; i++) {
    high = (high << 1) | (low >> 31);
    low = (low << 1) | bit(top - i);
  }
  var rest = 0u;
  for (var i = 0; i < top - 53; i++) { rest |= bit(i); }
  return nudged(high, low, bit(top - 53) == 1, rest != 0, top - 52 - 149, negative);
}

// One more in the last place where the rest is more than half of it, or half and the last place odd.
fn nudged(high: u32, low: u32, half: bool, rest: bool, exponent: i32, negative: bool) -> vec2u {
  if (!half || (!rest && (low & 1) == 0)) { return packed(high, low, exponent, negative); }
  let up = low + 1;
  let above = select(high, high + 1, up == 0);
  if (above == 0x200000) { return packed(0x100000, 0, exponent + 1, negative); }
  return packed(above, up, exponent, negative);
}

// A float64 over a whole number, by long division: 53 bits of quotient, one more to round by, and whether there is a rest.
fn divided(value: vec2u, by: u32) -> vec2u {
  if ((value.y & 0x7fffffff) == 0 && value.x == 0) { return select(value, nan, by == 0); }
  let digitsOf = vec2u(value.x, (value.y & 0xfffff) | 0x100000);
  var rest = 0u;
  var high = 0u;
  var low = 0u;
  var exponent = i32((value.y >> 20) & 2047) - 1075;
  for (var i = 0; i < 53 || high < 0x200000; i++) {
    let bit = select(0u, select((digitsOf.x >> u32(max(52 - i, 0))) & 1, (digitsOf.y >> u32(max(20 - i, 0))) & 1, i < 21), i < 53);
    rest = (rest << 1) | bit;
    let fits = rest >= by;
    rest = select(rest, rest - by, fits);
    high = (high << 1) | (low >> 31);
    low = (low << 1) | select(0u, 1u, fits);
    if (i >= 53) { exponent--; }
  }
  // 54 bits of quotient or, where by is 1, already 53 and no rest.
  return nudged(high >> 1, (high << 31) | (low >> 1), (low & 1) == 1, rest != 0, exponent + 1, value.y >= 0x80000000);
}

// A float32 as a float64.
fn widened(bits: u32) -> vec2u {
  let sign = bits & 0x80000000;
  let exponent = (bits >> 23) & 255;
  let mantissa = bits & 0x7fffff;
  if (exponent == 255) { return vec2u(0, 0x7ff00000 | sign); }
  if (exponent > 0) { return vec2u(mantissa << 29, sign | ((exponent + 896) << 20) | (mantissa >> 3)); }
  if (mantissa == 0) { return vec2u(0, sign); }
  let top = firstLeadingBit(mantissa);
  let shifted = mantissa << (23 - top);
  return vec2u(shifted << 29, sign | ((top + 874) << 20) | ((shifted & 0x7fffff) >> 3));
}

@compute @workgroup_size(256)
fn main(@builtin(local_invocation_index) own: u32) {
  if (own == 0) { atomicStore(&lowest, 0xffffffff); }
  workgroupBarrier();
  // 64 rounds of 256 numbers are 2^14 additions to a digit, with what the carry left less than 2^31.
  for (var start = 0u; start < sizes.count; start += 16384) {
    for (var i = start + own; i < min(start + 16384, sizes.count); i += 256) {
      let bits = values[i];
      gather(bits);
      atomicMin(&lowest, ordered(bits));
      atomicMax(&highest, ordered(bits));
    }
    workgroupBarrier();
    if (own == 0) { carry(); }
    workgroupBarrier();
  }
  if (own != 0) { return; }
  let least = unordered(atomicLoad(&lowest));
  let most = unordered(atomicLoad(&highest));
  if (sizes.count == 0) {
    result = array(vec2u(0, 0), infinity | vec2u(0, 0x80000000), infinity, nan);
  } else if (atomicLoad(&broken) != 0) {
    result = array(nan, nan, nan, nan);
  } else if (most == 0x7f800000 || least == 0xff800000) {
    let both = most == 0x7f800000 && least == 0xff800000;
    let total = select(widened(select(least, most, most == 0x7f800000)), nan, both);
    result = array(total, widened(most), widened(least), total);
  } else {
    let total = rounded();
    result = array(total, widened(most), widened(least), divided(total, sizes.count));
  }
}`;

export const reductions: Twin<'reductions'> = (steps, values, result, count) =>
  steps.add({ code, sizes: [count], buffers: [values, result], groups: 1 });
