import type { Backend, Tensor } from '@sightline/core';
import { backward, deepLift, gradient } from '../../../packages/core/src/backward/index.ts';
import { refusalOf } from '../../../packages/core/src/backend/chain.ts';
import { instantiate, type NamedGraph } from '../../../packages/core/src/graph/instantiate.ts';
import { readOnnx } from '../../../packages/core/src/graph/onnx/read.ts';
import { mul, numbers, zeros } from '../../../packages/core/src/graph/ops.ts';
import type { Graph, Shaped, Value } from '../../../packages/core/src/graph/value.ts';
import { rewrite } from '../../../packages/core/src/graph/walk.ts';
import { packedFiles, parseNpy, type NpyArray } from '../../golden/npy-format.ts';
import type { Runner } from '../backend.ts';
import { check } from '../harness.ts';
import { bytesAt, pictureAt, tinyNames } from './nets.ts';

interface Results {
  readonly meta: { readonly cls: number; readonly last: { readonly tensor: string } };
  readonly files: Readonly<Record<string, { readonly tolerance: { readonly rtol: number; readonly atol: number } }>>;
}

/** What is asked of each network: outputs by the name of the stored array. */
type Question = (graph: NamedGraph, results: Results, stored: ReadonlySet<string>) => Record<string, Value>;
const logitsOf = (graph: NamedGraph): Shaped => Object.values(graph.outputs)[0] as Shaped;
function seedOf(logits: Shaped, { meta }: Results): Map<Value, Shaped> {
  const onehot = Array.from({ length: logits.dims[1]! }, (_, i) => Number(i === meta.cls));
  return new Map<Value, Shaped>([[logits, numbers([1, onehot.length], onehot)]]);
}

/** An output may not have an input's name. */
const gradientAt = (name: string): string => `d ${name}`;

const activations: Question = (graph, _, stored) =>
  Object.fromEntries([...graph.values].filter(([name, { node }]) => node && stored.has(name)));

const gradients: Question = (graph, results, stored) => {
  const values = [...graph.values].filter(([name]) => stored.has(name));
  const to = values.map(([, value]) => value);
  const flow = backward(seedOf(logitsOf(graph), results), to, [['*', gradient]]);
  return Object.fromEntries(values.map(([name, value]) => [gradientAt(name), flow.get(value)!]));
};

/** DeepLIFT-Rescale at a value, against zeros there. */
const shares =
  (at: (graph: NamedGraph, results: Results) => Shaped): Question =>
  (graph, results) => {
    const value = at(graph, results);
    const reference = rewrite(
      [logitsOf(graph)],
      (node) => (node.outputs[0] === value ? [zeros(value.dims)] : undefined),
      (leaf) => (leaf === value ? zeros(value.dims) : leaf),
    );
    const composite = deepLift((v) => reference(v) as Shaped);
    const multipliers = backward(seedOf(logitsOf(graph), results), [value], composite).get(value)!;
    return { shares: mul(multipliers, value) };
  };

const questions: Readonly<Record<string, Question>> = {
  'activations.npz': activations,
  'gradients.npz': gradients,
  'lift_last.npy': shares((graph, { meta }) => graph.values.get(meta.last.tensor) as Shaped),
  'deeplift_input.npy': shares((graph) => graph.inputs[0] as Shaped),
};

/** The tiny trained networks, tensor by tensor, against PyTorch within the tolerances stored with its numbers. */
export function goldenSuite(backend: Backend, missing: string | undefined, { describe, it }: Runner): void {
  describe(`the tiny networks’ reference numbers on ${backend.name}`, () => {
    for (const name of tinyNames) {
      for (const [file, question] of Object.entries(questions)) {
        if (missing !== undefined) it.skip(`${name}: ${file}: ${missing}`);
        else it(`${name}: ${file} is PyTorch’s`, () => answers(backend, name, file, question));
      }
    }
  });
}

async function answers(backend: Backend, name: string, file: string, question: Question): Promise<void> {
  const at = (path: string): string => `/shared/golden/tiny/${name}/${path}`;
  const results = JSON.parse(new TextDecoder().decode(await bytesAt(at('results.json')))) as Results;
  const stored = file.endsWith('.npz') ? await npz(at(file)) : new Map([['shares', parseNpy(await bytesAt(at(file)))]]);
  const graph = instantiate(readOnnx(await bytesAt(at('model.onnx'))), { batch: 1 });
  const outputs = question(graph, results, new Set(stored.keys()));
  check(Object.keys(outputs).length > (stored.size > 1 ? 5 : 0), 'none of the stored tensors is in the graph');
  const asked: Graph = { inputs: graph.inputs, outputs };
  const refusal = refusalOf(backend, asked);
  check(refusal === undefined, `refused: ${refusal}`);
  const program = await backend.compile(asked);
  try {
    const got = await program.run({ [graph.inputs[0]!.name!]: await pictureAt(at('input.npy')) });
    const { rtol, atol } = results.files[file]!.tolerance;
    for (const [key, tensor] of Object.entries(got)) {
      const wanted = stored.get(key) ?? stored.get(key.replace(/^d /, ''));
      close((tensor as Tensor).data, wanted!, rtol, atol, key);
    }
  } finally {
    await program.release();
  }
}

/** |got − wanted| ≤ atol + rtol · |wanted|, everywhere. */
function close(got: Float32Array, { data }: NpyArray, rtol: number, atol: number, what: string): void {
  check(got.length === data.length, `${what} has ${got.length} numbers, ${data.length} are stored`);
  for (let i = 0; i < got.length; i++) {
    const allowed = atol + rtol * Math.abs(data[i]!);
    check(Math.abs(got[i]! - data[i]!) <= allowed, `${what}, element ${i}: ${got[i]} for ${data[i]} ± ${allowed}`);
  }
}

async function npz(url: string): Promise<Map<string, NpyArray>> {
  const arrays = new Map<string, NpyArray>();
  for (const { name, bytes, deflated } of packedFiles(await bytesAt(url))) {
    const stream = new Blob([bytes as Uint8Array<ArrayBuffer>]).stream();
    const whole = deflated ? stream.pipeThrough(new DecompressionStream('deflate-raw')) : stream;
    arrays.set(name.replace(/\.npy$/, ''), parseNpy(new Uint8Array(await new Response(whole).arrayBuffer())));
  }
  return arrays;
}
