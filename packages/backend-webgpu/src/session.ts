import { runtimeError, SightlineError, type AcceleratedOrt, type BackendHost } from '@sightline/core/backend';
import { nodesOf, outputsOf, writeOnnx, type Graph, type Node, type Value } from '@sightline/core/graph';
import { runtimeGrace, type Gpu } from './device/gpu.ts';
import { hasBuffer } from './device/transfer.ts';

export type Session = Awaited<ReturnType<AcceleratedOrt['InferenceSession']['create']>>;

/** The runtime and its queue: every call of the runtime goes through the queue, because overlapping ones crash it. */
export interface Runtime {
  readonly ort: AcceleratedOrt;
  readonly exclusive: BackendHost['exclusive'];
}

/** What the runtime says where a node has no WebGPU kernel for its types and attributes. */
const fellBack = /disable_cpu_ep_fallback|fallback to CPU EP has been explicitly disabled/;

/**
 * A session wholly on the GPU. Nothing falls to the CPU unseen: the runtime is told to refuse that, and the node is then
 * looked for, to be named. Call it within the runtime's queue.
 */
export async function openSession({ ort }: Pick<Runtime, 'ort'>, gpu: Gpu, graph: Graph): Promise<Session> {
  try {
    gpu.counters.sessions++;
    return await gpu.guard(create(ort, gpu, graph), runtimeGrace);
  } catch (cause) {
    if (gpu.gone) throw gpu.gone;
    if (!fellBack.test(String((cause as Error).message))) {
      throw runtimeError('onnxruntime-web did not accept the graph', cause);
    }
    const node = await culprit(ort, gpu, graph);
    const what = node ? `node '${node.name || node.op}' (${node.op})` : 'one of its nodes';
    const types = node?.inputs.map((x) => x && `${x.type} [${x.dims?.join(', ') ?? '?'}]`).join(', ');
    const message = `${what} has no WebGPU kernel in onnxruntime-web${types ? ` for ${types}` : ''}`;
    throw new SightlineError('unsupported', message, { node: node?.name, op: node?.op }, { cause });
  }
}

function create(ort: AcceleratedOrt, gpu: Gpu, graph: Graph): Promise<Session> {
  const places = Object.entries(graph.outputs).map(([name, value]) => [name, hasBuffer(value) ? 'gpu-buffer' : 'cpu']);
  return ort.InferenceSession.create(writeOnnx(graph), {
    executionProviders: [
      {
        name: 'webgpu',
        device: gpu.device,
        // With the default, NHWC, three patterns of convolutions are silently wrong: test/browser/webgpu-watch.browser.ts.
        preferredLayout: 'NCHW',
        // All sessions of a device share its buffers. 'simple' keeps those of every size that a released program ever had, and
        // 'disabled' submits what it has destroyed (1.30); 'bucket' serves the next program with them.
        storageBufferCacheMode: 'bucket',
      },
    ],
    preferredOutputLocation: Object.fromEntries(places) as Record<string, 'gpu-buffer' | 'cpu'>,
    graphOptimizationLevel: 'all',
    logSeverityLevel: 4,
    extra: { session: { disable_cpu_ep_fallback: '1' } },
  });
}

/** The first node that the GPU does not take by itself: each kind of node is tried once, alone. */
async function culprit(ort: AcceleratedOrt, gpu: Gpu, graph: Graph): Promise<Node | undefined> {
  const tried = new Set<string>();
  for (const node of nodesOf(outputsOf(graph))) {
    const key = JSON.stringify([
      node.op,
      node.domain,
      node.attributes,
      node.inputs.map((x) => x && [x.type, x.dims?.length]),
    ]);
    if (tried.has(key)) continue;
    tried.add(key);
    try {
      await (await create(ort, gpu, alone(node))).release();
    } catch (error) {
      if (fellBack.test(String((error as Error).message))) return node;
    }
  }
  return undefined;
}

/** A graph of one node: what it computes from becomes inputs. */
function alone(node: Node): Graph {
  const inputs = new Map<Value, Value>();
  for (const [i, x] of node.inputs.entries()) {
    if (x && !x.constant && !inputs.has(x)) inputs.set(x, { type: x.type, dims: x.dims, name: `x${i}` });
  }
  const outputs: Value[] = [];
  const copy: Node = { ...node, inputs: node.inputs.map((x) => x && (inputs.get(x) ?? x)), outputs };
  for (const { type, dims } of node.outputs) outputs.push({ type, dims, node: copy });
  return { inputs: [...inputs.values()], outputs: Object.fromEntries(outputs.map((value, i) => [`y${i}`, value])) };
}
