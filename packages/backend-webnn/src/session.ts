import { runtimeError, SightlineError, type AcceleratedOrt } from '@sightline/core/backend';
import { input, relu, writeOnnx, type Graph } from '@sightline/core/graph';
import type { ContextChoice, MLContext } from './ml.ts';

export type Session = Awaited<ReturnType<AcceleratedOrt['InferenceSession']['create']>>;

/**
 * A session all of whose nodes are on WebNN. The runtime would run what WebNN does not take on WebAssembly and say nothing:
 * `disable_cpu_ep_fallback` makes that an error. Throws `unsupported`, or `timeout` where the browser's builder never answers.
 */
export async function createSession(
  ort: AcceleratedOrt,
  context: MLContext,
  { deviceType, powerPreference }: ContextChoice,
  graph: Graph,
  milliseconds: number,
): Promise<Session> {
  const creating = create(ort, context, { deviceType, powerPreference }, graph);
  try {
    return await within(creating, milliseconds);
  } catch (cause) {
    // One that comes after all is not left behind.
    if (cause instanceof SightlineError) void creating.then((late) => late.release()).catch(() => undefined);
    await clean(ort, context, { deviceType, powerPreference });
    throw cause instanceof SightlineError ? cause : refusal(cause);
  }
}

function create(ort: AcceleratedOrt, context: MLContext, choice: ContextChoice, graph: Graph): Promise<Session> {
  const kept = Object.entries(graph.outputs).map(([output, { type, dims }]) => {
    return [output, type === 'float32' && dims!.length > 0 ? 'ml-tensor' : 'cpu'] as const;
  });
  return ort.InferenceSession.create(writeOnnx(graph), {
    executionProviders: [{ name: 'webnn', context, ...choice }],
    graphOptimizationLevel: 'all',
    preferredOutputLocation: Object.fromEntries(kept),
    extra: { session: { disable_cpu_ep_fallback: '1' } },
    logSeverityLevel: 4,
  });
}

const x = input('x', [1]);
const least: Graph = { inputs: [x], outputs: { y: relu(x) } };

/**
 * A session that was not made leaves its context and its inputs behind in onnxruntime-web 1.30, and the next session, be it the
 * CPU's, is taken for one on WebNN: a session that is sure to be made takes them instead.
 */
async function clean(ort: AcceleratedOrt, context: MLContext, choice: ContextChoice): Promise<void> {
  try {
    await (await within(create(ort, context, choice, least), 5000)).release();
  } catch {
    // A context that makes no session at all is lost; whoever asked is told why by the error on its way.
  }
}

/** What the runtime's words mean. */
function refusal(cause: unknown): SightlineError {
  const words = String((cause as Error).message ?? cause);
  const known = /assigned to the default CPU EP/.test(words)
    ? 'onnxruntime-web would run some of it on WebAssembly and not on WebNN'
    : /unreachable/.test(words)
      ? 'the browser’s graph builder rejects it'
      : undefined;
  if (known === undefined) return runtimeError('WebNN did not take the graph', cause);
  return new SightlineError('unsupported', `WebNN did not take the graph: ${known}`, {}, { cause });
}

async function within<T>(work: Promise<T>, milliseconds: number): Promise<T> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(
      () => reject(new SightlineError('timeout', `WebNN did not build the graph in ${milliseconds / 1000} s`)),
      milliseconds,
    );
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}
