import { SightlineError } from '../../errors.ts';
import type { AnyTensor } from '../../tensor/tensor.ts';
import { writeOnnx } from '../../graph/onnx/write.ts';
import { lowerConvTranspose } from '../../graph/passes/lower-conv-transpose.ts';
import type { Graph, Node } from '../../graph/value.ts';
import { outputsOf } from '../../graph/walk.ts';
import { isResident, type Backend, type Feeds, type Program } from '../backend.ts';
import { bytesOf, checkFeeds, runtimeError } from '../check.ts';
import { inMemory } from '../memory.ts';
import { exclusive } from '../mutex.ts';
import { createKernels } from './kernels.ts';
import { loadRuntime, type Ort, type RuntimeOptions } from './runtime.ts';

export type { RuntimeOptions } from './runtime.ts';
const name = 'cpu';
type Session = Awaited<ReturnType<Ort['InferenceSession']['create']>>;

/** The backend that is always there: onnxruntime-web on WebAssembly, and the kernels as WebAssembly (or plain JavaScript). */
export async function cpu(options: { runtime?: RuntimeOptions; memory?: number } = {}): Promise<Backend> {
  const [ort, { kernels }] = await Promise.all([loadRuntime(options.runtime), createKernels()]);
  const programs = new Set<Program>();
  return {
    name,
    refuses,
    kernels,
    // Larger batches gain nothing on a CPU and would crowd out the program cache.
    limits: { memory: options.memory ?? 768 * 2 ** 20, batch: { bytes: 192 * 2 ** 20, items: 16 } },
    upload: (tensor) => Promise.resolve(inMemory(tensor, name)),
    async compile(graph) {
      const program = await compile(ort, lowered(graph));
      programs.add(program);
      return program;
    },
    async dispose() {
      await Promise.all([...programs].map((program) => program.release()));
      programs.clear();
    },
  };
}

function refuses({ op, domain }: Node): string | undefined {
  return domain === '' || domain === 'com.microsoft' ? undefined : `onnxruntime-web has no op ${domain}:${op}`;
}

function lowered(graph: Graph): Graph {
  const renewed = lowerConvTranspose(outputsOf(graph));
  return {
    inputs: graph.inputs,
    outputs: Object.fromEntries(Object.entries(graph.outputs).map(([name, value]) => [name, renewed(value)])),
  };
}

async function compile(ort: Ort, graph: Graph): Promise<Program> {
  let session: Session | undefined = await open(ort, graph);
  let released = false;
  const close = (): Promise<void> =>
    exclusive(async () => {
      const old = session;
      session = undefined;
      await old?.release();
    });
  const runOnce = async (feeds: Feeds): Promise<Record<string, AnyTensor>> => {
    if (released) throw new SightlineError('runtime', 'this program was released');
    checkFeeds(graph, feeds);
    const given = await read(feeds);
    // A failed run leaves a session in an unknown state: the next one gets a fresh session.
    session ??= await open(ort, graph);
    const current = session;
    try {
      return await exclusive(() => run(ort, current, given));
    } catch (cause) {
      await close().catch(() => undefined);
      throw runtimeError('the network failed to run', cause);
    }
  };
  return {
    backend: name,
    bytes: bytesOf(graph),
    run: runOnce,
    async keep(feeds) {
      const results = Object.entries(await runOnce(feeds));
      return Object.fromEntries(results.map(([output, tensor]) => [output, inMemory(tensor, name)]));
    },
    async release() {
      released = true;
      await close();
    },
  };
}

function open(ort: Ort, graph: Graph): Promise<Session> {
  return exclusive(async () => {
    try {
      return await ort.InferenceSession.create(writeOnnx(graph), {
        executionProviders: ['wasm'],
        graphOptimizationLevel: 'all',
        logSeverityLevel: 3,
      });
    } catch (cause) {
      throw runtimeError('onnxruntime-web did not accept the graph', cause);
    }
  });
}

async function read(feeds: Feeds): Promise<Record<string, AnyTensor>> {
  const inputs = Object.entries(feeds);
  const tensors = await Promise.all(inputs.map(([, feed]) => (isResident(feed) ? feed.read() : Promise.resolve(feed))));
  return Object.fromEntries(inputs.map(([input], i) => [input, tensors[i]!]));
}

async function run(
  ort: Ort,
  session: Session,
  feeds: Readonly<Record<string, AnyTensor>>,
): Promise<Record<string, AnyTensor>> {
  const given = Object.fromEntries(
    Object.entries(feeds).map(([name, { type, data, dims }]) => [
      name,
      new ort.Tensor(type, data as Float32Array, dims),
    ]),
  );
  const results = await session.run(given);
  return Object.fromEntries(
    Object.entries(results).map(([name, { type, data, dims }]) => [name, { type, data, dims } as AnyTensor]),
  );
}
