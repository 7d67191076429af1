import { existsSync, readFileSync } from 'node:fs';
import { basename, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { heapBytes, writtenBytes } from './memory.ts';
import { classTarget, Engine, random, tensor, type Tensor } from '@sightline/core';
import { loadRuntime } from '../../packages/core/src/backend/cpu/runtime.ts';
import type { Value } from '../../packages/core/src/graph/value.ts';
import { topological } from '../../packages/core/src/graph/walk.ts';
import { bindModel } from '../../packages/core/src/model/bind.ts';
import type { Network } from '../../packages/core/src/model/network.ts';
import { Job } from '../../packages/core/src/model/job.ts';
import { gradientGraph } from '../../packages/core/src/model/verbs/gradient.ts';
import { targetInput } from '../../packages/core/src/model/target.ts';
import { scoreGraph } from '../../packages/core/src/model/verbs/score.ts';
import { size } from '../../packages/core/src/tensor/tensor.ts';
import gradCam from '../../packages/methods/grad-cam/src/index.ts';
import liftCam from '../../packages/methods/lift-cam/src/index.ts';
import rise from '../../packages/methods/rise/src/index.ts';
import { megabytes, print, timed, type Row } from './table.ts';
import { tfjsResNet18 } from './tfjs.ts';
import { interleaved, quantile } from './timing.ts';

/** What an explanation costs, against plain onnxruntime-web on the unmodified file: see README.md. */

const { values: flags, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    quick: { type: 'boolean', default: false },
    rounds: { type: 'string' },
    only: { type: 'string' },
    tfjs: { type: 'string' },
  },
});
const root = new URL('../../', import.meta.url).pathname;
const path = resolve(positionals[0] ?? `${root}../shared/models/resnet18_pqf.onnx`);
if (!existsSync(path)) {
  console.log(`bench left out: there is no ${path}`);
  process.exit(0);
}
const rounds = Number(flags.rounds ?? (flags.quick ? 11 : 25));
const masks = flags.quick ? 64 : 256;
const riseRounds = Math.min(3, rounds);
/** `--only memory`, `--only time`, `--only rise`: that part of the table. */
const wanted = (part: string): boolean => flags.only === undefined || flags.only === part;
const batches = [1, 4, 8, 16];

const file = new Uint8Array(readFileSync(path));
const engine = new Engine();
for (const method of [gradCam, liftCam, rise]) engine.register(method);
const { input: shape, classes } = await engine.load(file);
const { network } = engine;
const rng = random(1);
const picture = pictures(1);
const target = classTarget(classes > 1 ? 1 : 0);
const another = classes - 1;
const rows: Row[] = [];

// First of all, while the heap is small and holds nothing else.
const memoryMeasured = wanted('memory') ? await memoryRows() : [];
const plain = await plainRuntime();
if (wanted('time')) rows.push(...(await timeRows()));
if (wanted('time') && flags.tfjs !== undefined) rows.push(...(await tfjsRows(flags.tfjs)));
if (wanted('rise')) rows.push(await riseRow());
rows.push(...memoryMeasured);
console.log(
  `${basename(path)} [${shape.join(', ')}], Node ${process.versions.node}, 1 thread, medians of ${rounds} rounds (RISE: ${riseRounds})`,
);
print(rows);
for (const note of notes()) console.log(note);
await engine.dispose();

async function timeRows(): Promise<Row[]> {
  const model = bindModel(new Job(network, async () => undefined));
  const explain =
    (method: string, of = 1) =>
    async (): Promise<unknown> =>
      engine.explain(picture, { method, target: of });
  await explain('grad-cam')();
  const { compiled } = network.programs;
  await explain('grad-cam', another)();
  const more = network.programs.compiled - compiled;
  const times = await interleaved(
    {
      plain: () => plain.run(1),
      forward: () => model.score(picture, target),
      gradCam: explain('grad-cam'),
      another: explain('grad-cam', another),
      liftCam: explain('lift-cam'),
      gradient: () => model.gradient(picture, target),
    },
    { warmup: 5, rounds },
  );
  if (more !== 0) process.exitCode = 1;
  return [
    timed('forward', times.forward, times.plain),
    timed('grad-cam, last layer', times.gradCam, times.plain, 1.15),
    timed(`… of another class (${more} programs compiled, must be 0)`, times.another, times.plain, 1.15),
    timed('lift-cam, last layer', times.liftCam, times.plain, 1.15),
    timed('forward and input gradient', times.gradient, times.plain, 2.2),
  ];
}

/** TensorFlow.js on WebAssembly: the same network's shapes, and the gradient that it makes itself. */
async function tfjsRows(folder: string): Promise<Row[]> {
  const theirs = await tfjsResNet18(folder);
  const times = await interleaved(
    { plain: () => plain.run(1), forward: () => theirs.forward(), gradient: () => theirs.gradient() },
    { warmup: 3, rounds: Math.min(9, rounds) },
  );
  return [
    timed('tfjs-wasm: forward', times.forward, times.plain),
    timed('tfjs-wasm: forward and input gradient', times.gradient, times.plain),
  ];
}

/** Against the batch size that suits the plain runtime best, found first. */
async function riseRow(): Promise<Row> {
  const each = await interleaved(
    Object.fromEntries(plain.batches.map((batch) => [`${batch}`, () => plain.images(16, batch)])),
    { warmup: 1, rounds: 2 },
  );
  const best = plain.batches.reduce((a, b) => (quantile(each[`${b}`]!) < quantile(each[`${a}`]!) ? b : a));
  const request = { method: 'rise', target: 1, options: { masks } };
  await engine.explain(picture, { ...request, options: { masks: 32 } });
  const times = await interleaved(
    { ours: () => engine.explain(picture, request), plain: () => plain.images(masks, best) },
    { warmup: 0, rounds: riseRounds },
  );
  return timed(`RISE, ${masks} masks (plain: batches of ${best})`, times.ours, times.plain, 1.1);
}

/**
 * A gradient after forward runs. Of two runs the larger: the runtime lays out its buffers anew once it has seen a run. Each takes
 * another picture, so that what it writes differs from what was there.
 */
async function memoryRows(): Promise<Row[]> {
  const key = network.graph.inputs[0]!.name!;
  const weights = tensor([1, classes]);
  weights.data[1 % classes] = 1;
  const forward = await network.programs.get('score 1', () => scoreGraph(network.classifier(1)));
  const twice = async (run: (input: Tensor) => Promise<unknown>): Promise<number> =>
    Math.max(await writtenBytes(() => run(picture)), await writtenBytes(() => run(other)));
  const other = pictures(1);
  const forwardWrote = await twice((input) => forward.run({ [key]: input }));
  const before = heapBytes();
  const program = await network.programs.get('gradient 1 logit', () => gradientGraph(network.classifier(1), 'logit'));
  const made = heapBytes();
  const wrote = await twice((input) => program.run({ [key]: input, [targetInput]: weights }));
  const grown = heapBytes() - made;
  const activations = activationBytes(network);
  const row = (name: string, bytes: number, limit?: number): Row => ({
    name,
    ratio: bytes / activations,
    ...(limit !== undefined && { limit }),
    ours: megabytes(bytes),
    plain: megabytes(activations),
  });
  return [
    row('memory that a gradient’s runs write', wrote, 2.5),
    row('… by which they grow the heap', grown, 2.5),
    row('… that a forward run writes, for comparison', forwardWrote),
    row('… by which making the session grew the heap (its weights among it)', made - before),
  ];
}

/** Bytes of all that the network makes of a picture on its way to the logits, as if nothing shared memory. */
function activationBytes(network: Network): number {
  const { picture: leaf, logits } = network.classifier(1);
  const fromPicture = new Set<Value>([leaf]);
  let bytes = 0;
  for (const value of topological([logits])) {
    if (!value.node?.inputs.some((from) => from && fromPicture.has(from))) continue;
    fromPicture.add(value);
    bytes += 4 * size(value.dims ?? []);
  }
  return bytes;
}

/** The same onnxruntime-web, same thread, on the file as it is. */
async function plainRuntime(): Promise<{
  run: (batch: number) => Promise<unknown>;
  images: (count: number, batch: number) => Promise<void>;
  batches: number[];
}> {
  const ort = await loadRuntime();
  const session = await ort.InferenceSession.create(file, {
    executionProviders: ['wasm'],
    graphOptimizationLevel: 'all',
    logSeverityLevel: 3,
  });
  const inputs = new Map<number, Tensor>(batches.map((batch) => [batch, batch === 1 ? picture : pictures(batch)]));
  const run = async (batch: number): Promise<unknown> => {
    const { data, dims } = inputs.get(batch)!;
    return session.run({ [session.inputNames[0]!]: new ort.Tensor('float32', data, dims) });
  };
  const taken: number[] = [];
  for (const batch of batches) {
    // A file of a fixed batch size takes no other.
    const refused = await run(batch).then(
      () => false,
      () => true,
    );
    if (!refused) taken.push(batch);
  }
  const images = async (count: number, batch: number): Promise<void> => {
    for (let from = 0; from < count; from += batch) await run(batch);
  };
  return { run, images, batches: taken };
}

/** Noise: a network's time does not depend on the picture. */
function pictures(count: number): Tensor {
  const dims = [count, ...shape];
  return tensor(
    dims,
    Float32Array.from({ length: size(dims) }, () => rng.normal()),
  );
}

function notes(): string[] {
  const refused = batches.filter((batch) => !plain.batches.includes(batch));
  return [
    ...(refused.length > 0 ? [`Left out: plain batches of ${refused.join(', ')}, which the file does not take.`] : []),
    ...(flags.tfjs === undefined ? ['Left out: tfjs-wasm; --tfjs FOLDER takes it from there (README.md).'] : []),
    'Memory: 4 KiB pages of the heap that a run changed, the larger of two runs; and growth of the heap, which never shrinks and',
    'grows in large steps. Both against the sum of the forward activations.',
  ];
}
