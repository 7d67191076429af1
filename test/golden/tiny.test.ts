import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { after, before, describe, it } from 'node:test';
import { cpu, type Backend } from '@sightline/core';
import {
  abs,
  add,
  apply,
  expand,
  instantiate,
  mul,
  numbers,
  readOnnx,
  reduceSum,
  rewrite,
  sub,
  zeros,
  type Graph,
  type NamedGraph,
  type Shaped,
  type Value,
} from '@sightline/core/graph';
import { backward, deepLift, gradient } from '../../packages/core/src/backward/index.ts';
import { foldBatchNorm } from '../../packages/core/src/graph/passes/fold-batch-norm.ts';
import { tensor, type Tensor } from '../../packages/core/src/tensor/tensor.ts';
import { shared, skip } from './cases.ts';
import { readNpy, readNpz, type NpyArray } from './npy.ts';

interface Results {
  readonly meta: { readonly cls: number; readonly last: { readonly tensor: string } };
  readonly files: Readonly<Record<string, { readonly tolerance: { readonly rtol: number; readonly atol: number } }>>;
}
/** |got − wanted| ≤ atol + rtol · |wanted|, everywhere. */
function close(
  got: ArrayLike<number>,
  wanted: NpyArray,
  { rtol, atol }: { rtol: number; atol: number },
  what: string,
): void {
  assert.equal(got.length, wanted.data.length, what);
  for (let i = 0; i < got.length; i++) {
    const allowed = atol + rtol * Math.abs(wanted.data[i]!);
    assert.ok(
      Math.abs(got[i]! - wanted.data[i]!) <= allowed,
      `${what}, element ${i}: ${got[i]} for ${wanted.data[i]} ± ${allowed}`,
    );
  }
}

const folder = new URL('golden/tiny/', shared);
const nets = skip ? [] : readdirSync(folder).filter((name) => name.startsWith('tiny-'));

describe('the tiny networks of the reference numbers', { skip }, () => {
  let backend: Backend;
  before(async () => {
    backend = await cpu();
  });
  after(() => backend.dispose());

  for (const name of nets) {
    const at = (file: string): URL => new URL(`${name}/${file}`, folder);
    const results = JSON.parse(readFileSync(at('results.json'), 'utf8')) as Results;
    const tolerance = (file: string): { rtol: number; atol: number } => results.files[file]!.tolerance;
    const read = (): NamedGraph => instantiate(readOnnx(new Uint8Array(readFileSync(at('model.onnx')))), { batch: 1 });
    const picture = (): Tensor =>
      tensor(readNpy(at('input.npy')).dims, Float32Array.from(readNpy(at('input.npy')).data));
    const run = async (graph: Graph): Promise<Record<string, Tensor>> => {
      const program = await backend.compile(graph);
      try {
        return (await program.run({ [graph.inputs[0]!.name!]: picture() })) as Record<string, Tensor>;
      } finally {
        await program.release();
      }
    };
    const seedOf = (logits: Shaped): Map<Value, Shaped> => {
      const onehot = Array.from({ length: logits.dims[1]! }, (_, i) => Number(i === results.meta.cls));
      return new Map<Value, Shaped>([[logits, numbers([1, onehot.length], onehot)]]);
    };
    const logitsOf = (graph: NamedGraph): Shaped => Object.values(graph.outputs)[0] as Shaped;

    it(`${name}: every activation of the file is PyTorch's`, async () => {
      const graph = read();
      const wanted = readNpz(at('activations.npz'));
      const outputs = Object.fromEntries(
        [...wanted.keys()].flatMap((key) => (graph.values.get(key)?.node ? [[key, graph.values.get(key)!]] : [])),
      );
      assert.ok(
        Object.keys(outputs).length > 10,
        `only ${Object.keys(outputs).length} of ${wanted.size} tensors are in the graph`,
      );
      const got = await run({ inputs: graph.inputs, outputs });
      for (const key of Object.keys(outputs))
        close(got[key]!.data, wanted.get(key)!, tolerance('activations.npz'), key);
    });

    it(`${name}: the gradient at every tensor is PyTorch's, in one walk`, async () => {
      const graph = read();
      const wanted = readNpz(at('gradients.npz'));
      const values = [...wanted.keys()].flatMap((key) =>
        graph.values.get(key) ? [[key, graph.values.get(key)!] as const] : [],
      );
      assert.ok(values.length > 5);
      const flow = backward(
        seedOf(logitsOf(graph)),
        values.map(([, value]) => value),
        [['*', gradient]],
      );
      const got = await run({
        inputs: graph.inputs,
        outputs: Object.fromEntries(values.map(([key, value]) => [`d ${key}`, flow.get(value)!])),
      });
      for (const [key] of values) close(got[`d ${key}`]!.data, wanted.get(key)!, tolerance('gradients.npz'), key);
    });

    it(`${name}: the gradient of the picture is the same with BatchNormalization folded`, async () => {
      const graph = read();
      const logits = foldBatchNorm([logitsOf(graph)], new Set())(logitsOf(graph)) as Shaped;
      const result = backward(seedOf(logits), [graph.inputs[0]!], [['*', gradient]]).get(graph.inputs[0]!)!;
      const got = await run({ inputs: graph.inputs, outputs: { result } });
      close(got['result']!.data, readNpy(at('gradient_input.npy')), tolerance('gradient_input.npy'), 'gradient');
    });

    it(`${name}: DeepLIFT-Rescale at the last layer, against zero activations, is the formula's`, async () => {
      const graph = read();
      const layer = graph.values.get(results.meta.last.tensor) as Shaped;
      const nothing = zeros(layer.dims);
      const reference = rewrite([logitsOf(graph)], (node) => (node.outputs[0] === layer ? [nothing] : undefined));
      const m = backward(
        seedOf(logitsOf(graph)),
        [layer],
        deepLift((value) => reference(value) as Shaped),
      ).get(layer)!;
      const got = await run({ inputs: graph.inputs, outputs: { shares: mul(m, layer) } });
      close(got['shares']!.data, readNpy(at('lift_last.npy')), tolerance('lift_last.npy'), 'shares');
    });

    it(`${name}: DeepLIFT-Rescale at the picture, against a zero picture, is the formula's`, async () => {
      const graph = read();
      const x = graph.inputs[0] as Shaped;
      const reference = rewrite(
        [logitsOf(graph)],
        () => undefined,
        (leaf) => (leaf === x ? zeros(x.dims) : leaf),
      );
      const m = backward(
        seedOf(logitsOf(graph)),
        [x],
        deepLift((value) => reference(value) as Shaped),
      ).get(x)!;
      const got = await run({ inputs: graph.inputs, outputs: { shares: mul(m, x) } });
      close(got['shares']!.data, readNpy(at('deeplift_input.npy')), tolerance('deeplift_input.npy'), 'shares');
    });

    it(`${name}: second derivatives of the softplus network are PyTorch's`, async () => {
      const graph = read();
      const x = graph.inputs[0] as Shaped;
      const logits = softplus10(logitsOf(graph));
      const first = backward(seedOf(logits), [x], [['*', gradient]]).get(x)!;
      const attribution = mul(x, first);
      const u = readNpy(at('softplus10_u.npy'));
      const along = (score: Shaped): Shaped =>
        backward(new Map<Value, Shaped>([[score, expand(numbers([], [1]), score.dims)]]), [x], [['*', gradient]]).get(
          x,
        )!;
      const total = (value: Shaped): Shaped =>
        reduceSum(
          value,
          value.dims.map((_, i) => i),
          false,
        );
      const got = await run({
        inputs: graph.inputs,
        outputs: {
          logits,
          attribution,
          sumabs: along(total(abs(attribution))),
          projected: along(total(mul(attribution, numbers(u.dims, Float32Array.from(u.data))))),
        },
      });
      for (const [output, file] of Object.entries({
        logits: 'softplus10_logits',
        attribution: 'softplus10_gradxinput',
        sumabs: 'softplus10_d_sumabs_gxi',
        projected: 'softplus10_d_u_gxi',
      })) {
        close(got[output]!.data, readNpy(at(`${file}.npy`)), tolerance(`${file}.npy`), file);
      }
    });
  }
});

/** Every ReLU as softplus with β = 10, ReLU6 as softplus(x) − softplus(x − 6): smooth, so that it has second derivatives. */
function softplus10(logits: Shaped): Shaped {
  const soft = (x: Shaped): Shaped => mul(0.1, apply('Softplus', [mul(10, x)]));
  return rewrite([logits], ({ op, attributes }, [x]) => {
    if (op === 'Relu') return [soft(x as Shaped)];
    if (op !== 'Clip') return undefined;
    assert.deepEqual([attributes['min'], attributes['max']], [0, 6]);
    return [sub(soft(x as Shaped), soft(add(x as Shaped, -6)))];
  })(logits) as Shaped;
}
