import { SightlineError } from '../errors.ts';
import type { OnnxFile } from '../graph/onnx/read.ts';
import type { Network } from '../model/network.ts';
import { defaultPreprocessing, type Preprocessing } from '../model/preprocessing.ts';
import { gradientGraph } from '../model/verbs/gradient.ts';
import type { LoadOptions, ModelSummary } from './types.ts';

/** What a page or a person may know of a loaded model. */
export async function summarise(
  file: OnnxFile,
  network: Network,
  bytes: Uint8Array,
  options: LoadOptions & { readonly unavailable: Readonly<Record<string, string>> },
): Promise<ModelSummary> {
  const { info } = network;
  const preprocessing: Preprocessing = {
    ...defaultPreprocessing(info.input),
    ...options.preprocessing,
    size: [info.input[1], info.input[2]],
  };
  const ops: Record<string, number> = {};
  for (const { op } of file.nodes) ops[op] = (ops[op] ?? 0) + 1;
  const undifferentiable = reasonAgainst(() => gradientGraph(network.classifier(1), 'logit'));
  return {
    ...info,
    digest: await digestOf(bytes),
    preprocessing,
    labels: options.labels,
    opset: file.opset,
    producer: file.producer,
    ops,
    softmax: network.softmax,
    ...(undifferentiable && { undifferentiable }),
    backend: network.backend.name,
    refusals: options.unavailable,
  };
}
function reasonAgainst(build: () => unknown): string | undefined {
  try {
    build();
    return undefined;
  } catch (error) {
    if (!(error instanceof SightlineError)) throw error;
    return error.message;
  }
}

/** SHA-256 in hex. Browsers offer it to secure pages only (https, localhost). */
async function digestOf(bytes: Uint8Array): Promise<string> {
  if (!globalThis.crypto?.subtle) return 'unknown (the page is not served securely)';
  const hash = new Uint8Array(await crypto.subtle.digest('SHA-256', bytes as Uint8Array<ArrayBuffer>));
  return Array.from(hash, (b) => b.toString(16).padStart(2, '0')).join('');
}
