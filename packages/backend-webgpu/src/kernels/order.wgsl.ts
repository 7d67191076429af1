/** Bits of a float32 as an u32 in the same order, −0 before 0, NaN above all or below; and back. */
export const orderedBits = /* wgsl */ `
fn ordered(bits: u32) -> u32 { return select(bits | 0x80000000, ~bits, bits >= 0x80000000); }
fn unordered(key: u32) -> u32 { return select(~key, key ^ 0x80000000, key >= 0x80000000); }
fn isNaN(bits: u32) -> bool { return (bits & 0x7fffffff) > 0x7f800000; }
`;
