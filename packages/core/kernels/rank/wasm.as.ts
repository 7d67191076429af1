/**
 * Radix sort, lowest byte first. Keys are whole numbers in the opposite order of the values; indices start in descending
 * order and each pass is stable, so ties stay that way. Scratch: keys, keys and indices to move to, 4 · 256 counts.
 */
export function rank(values: usize, result: usize, scratch: usize, count: i32): void {
  const bytes = <usize>count << 2;
  let keys = scratch;
  let keysTo = scratch + bytes;
  let order = result;
  let orderTo = keysTo + bytes;
  const counts = orderTo + bytes;
  memory.fill(counts, 0, 4096);
  for (let i = 0; i < count; i++) {
    const at = <usize>i << 2;
    const index = count - 1 - i;
    const key = rankKey(load<f32>(values + (<usize>index << 2)));
    store<u32>(keys + at, key);
    store<i32>(order + at, index);
    rankCount(counts, key & 255);
    rankCount(counts + 1024, (key >> 8) & 255);
    rankCount(counts + 2048, (key >> 16) & 255);
    rankCount(counts + 3072, key >> 24);
  }
  for (let pass = 0; pass < 4; pass++) {
    const starts = counts + (<usize>pass << 10);
    let start: u32 = 0;
    for (let digit: usize = 0; digit < 1024; digit += 4) {
      const here = load<u32>(starts + digit);
      store<u32>(starts + digit, start);
      start += here;
    }
    const shift = <u32>pass << 3;
    for (let i = 0; i < count; i++) {
      const at = <usize>i << 2;
      const key = load<u32>(keys + at);
      const slot = starts + (<usize>((key >> shift) & 255) << 2);
      const place = load<u32>(slot);
      store<u32>(slot, place + 1);
      store<u32>(keysTo + (<usize>place << 2), key);
      store<i32>(orderTo + (<usize>place << 2), load<i32>(order + at));
    }
    const k = keys;
    keys = keysTo;
    keysTo = k;
    const o = order;
    order = orderTo;
    orderTo = o; // four passes: the order ends where it began, in `result`
  }
}

/** Larger value, smaller key; zeros of both signs are one, and every NaN is 0. */
function rankKey(value: f32): u32 {
  if (value != value) return 0;
  const bits = reinterpret<u32>(value + 0);
  return bits >> 31 ? bits : 0x7fffffff - bits;
}

function rankCount(counts: usize, digit: u32): void {
  const at = counts + (<usize>digit << 2);
  store<u32>(at, load<u32>(at) + 1);
}
