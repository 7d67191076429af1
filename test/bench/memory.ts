/**
 * What the runtime's WebAssembly memory tells. Import this before the runtime starts: its glue code calls
 * `new WebAssembly.Memory(…)` once, at the first session, and keeps the result to itself; so the constructor is replaced by
 * one that remembers what it made. Nothing else changes: a recorded memory is a WebAssembly.Memory.
 */
const made: WebAssembly.Memory[] = [];
WebAssembly.Memory = class extends WebAssembly.Memory {
  constructor(descriptor: WebAssembly.MemoryDescriptor) {
    super(descriptor);
    made.push(this);
  }
};

/** The largest memory is the runtime's: the kernels' is a few pages. */
function memory(): ArrayBufferLike {
  const [largest] = made.map(({ buffer }) => buffer as ArrayBufferLike).sort((a, b) => b.byteLength - a.byteLength);
  if (!largest) throw new Error('no WebAssembly memory was made yet: this module was imported too late');
  return largest;
}

/** Bytes of the heap. It never shrinks, so a difference is an upper bound of what was in use at any one moment. */
export const heapBytes = (): number => memory().byteLength;

const page = 4096;

/**
 * Bytes of the 4 KiB pages that `run` wrote. Growth alone says too little: a run first takes what compiling left free, and
 * then the heap need not grow at all. A copy of the heap before, compared with the heap after, counts those pages too.
 * A place used for several tensors in turn counts once; what was freed and not used again still counts, and so do whole pages
 * for a few bytes. Only a page written with just what it held before (zeros, say) is missed.
 */
export async function writtenBytes(run: () => Promise<unknown>): Promise<number> {
  const before = Buffer.from(new Uint8Array(memory()).slice().buffer);
  await run();
  const after = Buffer.from(memory());
  const nothing = Buffer.alloc(page);
  let written = 0;
  for (let at = 0; at < after.length; at += page) {
    const old = at < before.length ? before.subarray(at, at + page) : nothing;
    if (!after.subarray(at, at + page).equals(old)) written += page;
  }
  return written;
}
