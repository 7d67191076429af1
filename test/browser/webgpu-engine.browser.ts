/** Explanations on WebGPU: right, on the device throughout, without leaks, and through the loss of the device. */
import { loaded, opened } from '../../packages/backend-webgpu/test/engines.ts';
import { side, tinyPicture } from '../../packages/backend-webgpu/test/tiny-net.ts';
import { watchDevice } from '../../packages/backend-webgpu/test/watch-device.ts';
import { check, type Framework } from '../suites/harness.ts';
import { conv, input, numbers, relu, type Shaped } from '../../packages/core/src/graph/index.ts';
import { tensor } from '../../packages/core/src/tensor/index.ts';
import { distance } from '../suites/backend/ops.ts';

declare const describe: Framework['describe'];
declare const it: Framework['it'];

/** Memories that WebAssembly modules were given from here on: the runtime's is the largest. */
const memories: WebAssembly.Memory[] = [];
const { Memory } = WebAssembly;
WebAssembly.Memory = new Proxy(Memory, {
  construct(target, [descriptor]: [WebAssembly.MemoryDescriptor]) {
    const memory = new target(descriptor);
    memories.push(memory);
    return memory;
  },
});
const heap = (): number => Math.max(0, ...memories.map(({ buffer }) => buffer.byteLength));

const requests = [
  { method: 'grad-cam', target: 2, options: {} },
  { method: 'integrated-gradients', target: 2, options: { steps: 8 } },
  { method: 'lift-cam', target: 2, options: {} },
  { method: 'rise', target: 2, options: { masks: 32, cells: 4 } },
] as const;

async function watched() {
  const device = await (await navigator.gpu.requestAdapter())!.requestDevice();
  const usage = watchDevice(device);
  return { device, usage, ...(await opened({ device })) };
}

describe('Explanations on WebGPU', () => {
  it('are the CPU’s, method by method', async () => {
    const [{ engine }, reference] = [await opened(), await loaded([])];
    for (const request of requests) {
      const [ours, theirs] = [
        await engine.explain(tinyPicture(1), request),
        await reference.explain(tinyPicture(1), request),
      ];
      check(ours.backend === 'webgpu', `${request.method} ran on ${ours.backend}: ${JSON.stringify(ours.refusals)}`);
      const scale = theirs.map.data.reduce((most, v) => Math.max(most, Math.abs(v)), 1e-30);
      const scaled = (data: Float32Array): Float32Array => data.map((v) => v / scale);
      const apart = distance(scaled(ours.map.data), scaled(theirs.map.data));
      // Sums of some hundred products in float32, in another order, through three layers and back.
      check(apart <= 1e-5, `${request.method}: ${apart.toExponential(1)} of the largest away`);
    }
    await engine.dispose();
    await reference.dispose();
  });

  it('RISE sends its picture once and fetches one map, however many masks there are', async () => {
    const { engine, usage, backend, device } = await watched();
    const picture = tinyPicture(2);
    await engine.classify(picture); // the logits are known from here on, so that only RISE's own work is counted
    for (const masks of [64, 128]) {
      usage.writes.length = usage.reads.length = 0;
      const before = { ...backend.counters };
      await engine.explain(picture, { method: 'rise', target: 1, options: { masks, cells: 4 } });
      const count = (list: readonly number[], bytes: number): number => list.filter((n) => n === bytes).length;
      const [sent, fetched] = [count(usage.writes, 4 * 3 * side * side), count(usage.reads, 4 * side * side)];
      check(sent === 1, `${masks} masks: the picture was sent ${sent} times (${usage.writes.join()})`);
      check(fetched === 1, `${masks} masks: ${fetched} maps were fetched (${usage.reads.join()})`);
      const batches = masks / 16;
      check(
        usage.reads.length === 1 + batches,
        `${usage.reads.length} reads: one map, and scores for ${batches} batches`,
      );
      const uploads = backend.counters.uploads - before.uploads;
      check(uploads === 3 + 4 * batches, `${uploads} uploads: picture, target, sum, and four small ones a batch`);
      check(backend.counters.runs - before.runs === batches, 'a run a batch');
    }
    await engine.dispose();
    device.destroy();
  });

  it('leave nothing behind: 200 of them in flat memory, on the GPU and in the runtime', async () => {
    const { engine, usage, device } = await watched();
    const explain = async (from: number, to: number): Promise<void> => {
      for (let i = from; i < to; i++) await engine.explain(tinyPicture(i), requests[i % requests.length]!);
    };
    await explain(0, 8); // every program is compiled, every buffer was used once
    const before = { ...usage, heap: heap() };
    await explain(8, 208);
    check(usage.buffers === before.buffers, `${usage.buffers - before.buffers} more buffers live`);
    check(usage.bytes === before.bytes, `${usage.bytes - before.bytes} more bytes live`);
    check(before.heap > 2 ** 20, 'the runtime’s memory was not seen');
    check(heap() === before.heap, `the runtime’s memory grew by ${heap() - before.heap} bytes`);
    await engine.dispose();
    check(
      usage.bytes === 0 && usage.buffers === 0,
      `${usage.bytes} bytes in ${usage.buffers} buffers after the engine was closed`,
    );
    device.destroy();
  });

  it('programs that come and go leave their memory to the next ones', async () => {
    const device = await (await navigator.gpu.requestAdapter())!.requestDevice();
    const usage = watchDevice(device);
    const { engine, backend } = await opened({ device });
    const used = async (length: number): Promise<number> => {
      const x = input('x', [1, 4, length, length]);
      const window = { kernel_shape: [3, 3], strides: [1, 1], dilations: [1, 1], pads: [1, 1, 1, 1], group: 1 };
      const layer = (y: Shaped): Shaped =>
        relu(conv(y, numbers([4, 4, 3, 3], new Float32Array(144).fill(0.1)), window));
      const program = await backend.compile({ inputs: [x], outputs: { y: layer(layer(layer(x))) } });
      await program.run({ x: tensor(x.dims) });
      await program.release();
      return usage.bytes;
    };
    // The runtime lets go of everything with its last session: one stays, as the programs in an engine's cache do.
    const x = input('x', [1, 1]);
    const stays = await backend.compile({ inputs: [x], outputs: { y: relu(x) } });
    const after = async (from: number): Promise<number> => {
      let bytes = 0;
      for (let length = from; length > 27; length -= 2) bytes = await used(length);
      return bytes;
    };
    const [even, odd] = [await after(48), await after(47)];
    // Tensors of ten new sizes find room in what the programs before left.
    check(odd <= even, `${even} bytes after eleven programs, ${odd} after ten more of sizes between theirs`);
    await stays.release();
    await engine.dispose();
    device.destroy();
  });
});
