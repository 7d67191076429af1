import { SightlineError } from '../../errors.ts';
import { size, type AnyTensor } from '../../tensor/tensor.ts';
import { writeOnnx } from '../../graph/onnx/write.ts';
import { lowerConvTranspose } from '../../graph/passes/lower-conv-transpose.ts';
import type { Graph, Node, Value } from '../../graph/value.ts';
import { outputsOf, topological } from '../../graph/walk.ts';
import type { Backend, Program } from '../backend.ts';
import { createMutex } from '../mutex.ts';
import { createKernels } from './kernels.ts';
import { loadRuntime, type Ort, type RuntimeOptions } from './runtime.ts';

export type { RuntimeOptions } from './runtime.ts';
type Session = Awaited<ReturnType<Ort['InferenceSession']['create']>>;

/** One runtime a thread, so one queue a thread: overlapping calls crash it. */
const exclusive = createMutex();

/** The backend that is always there: onnxruntime-web on WebAssembly, and the kernels as WebAssembly (or plain JavaScript). */
export async function cpu(options: { runtime?: RuntimeOptions; memory?: number } = {}): Promise<Backend> {
  const [ort, { kernels }] = await Promise.all([loadRuntime(options.runtime), createKernels()]);
  const programs = new Set<Program>();
  return {
    name: 'cpu',
    refuses,
    kernels,
    limits: { memory: options.memory ?? 768 * 2 ** 20 },
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
  return {
    bytes: estimate(graph),
    async run(feeds) {
      if (released) throw new SightlineError('runtime', 'this program was released');
      check(graph, feeds);
      // A failed run leaves a session in an unknown state: the next one gets a fresh session.
      session ??= await open(ort, graph);
      const current = session;
      try {
        return await exclusive(() => run(ort, current, feeds));
      } catch (cause) {
        await close().catch(() => undefined);
        throw runtimeError('the network failed to run', cause);
      }
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

function check(graph: Graph, feeds: Readonly<Record<string, AnyTensor>>): void {
  for (const { name, type, dims } of graph.inputs) {
    const feed = feeds[name!];
    const right = `'${name}' must be ${type} [${dims!.join(', ')}]`;
    if (!feed) throw new SightlineError('bad-input', `${right}, but nothing was fed`);
    if (feed.type !== type || feed.dims.join() !== dims!.join() || feed.data.length !== size(dims!)) {
      throw new SightlineError('bad-input', `${right}, not ${feed.type} [${feed.dims.join(', ')}]`);
    }
  }
}

/** Weights, and activations as if none shared memory: an upper bound, which is what a budget wants. */
function estimate(graph: Graph): number {
  const bytes = ({ type, dims }: Value): number =>
    size(dims ?? []) *
    (type === 'int64' || type === 'float64' ? 8 : type === 'bool' || type === 'uint8' || type === 'int8' ? 1 : 4);
  return topological(outputsOf(graph)).reduce((sum, value) => sum + bytes(value), 0);
}

const runtimeError = (what: string, cause: unknown): SightlineError => {
  const [reason = ''] = String((cause as Error).message ?? cause).split('\n');
  return new SightlineError('runtime', `${what}: ${reason.slice(0, 300)}`, {}, { cause });
};
