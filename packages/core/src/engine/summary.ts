import { SightlineError } from '../errors.ts';
import type { OnnxFile } from '../graph/onnx/read.ts';
import type { Network } from '../model/network.ts';
import { resolvePreprocessing } from '../model/preprocessing.ts';
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
  const preprocessing = resolvePreprocessing(options.preprocessing, info.input);
  if (options.labels !== undefined) checkLabels(options.labels, info.classes);
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

/** A list that does not fit would show wrong names from some class on. */
function checkLabels(labels: readonly string[], classes: number): void {
  const names = Array.isArray(labels) && labels.every((label) => typeof label === 'string');
  if (names && labels.length === classes) return;
  const found = names ? `${labels.length} labels` : 'something else';
  throw new SightlineError('bad-option', `labels must be ${classes} texts, one a class of the model, not ${found}`);
}

/** SHA-256 in hex. Browsers offer it to secure pages only (https, localhost). */
async function digestOf(bytes: Uint8Array): Promise<string> {
  if (!globalThis.crypto?.subtle) return 'unknown (the page is not served securely)';
  const hash = new Uint8Array(await crypto.subtle.digest('SHA-256', bytes as Uint8Array<ArrayBuffer>));
  return Array.from(hash, (b) => b.toString(16).padStart(2, '0')).join('');
}
