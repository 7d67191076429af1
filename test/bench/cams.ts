import { existsSync, readFileSync } from 'node:fs';
import { basename, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { Engine, random, tensor, type Tensor } from '@sightline/core';
import { input, readOnnx, rewrite, writeOnnx } from '@sightline/core/graph';
import { loadRuntime } from '../../packages/core/src/backend/cpu/runtime.ts';
import { classifierOf, layerOf } from '../../packages/core/src/model/classifier.ts';
import { size } from '../../packages/core/src/tensor/tensor.ts';
import liftCam from '../../packages/methods/lift-cam/src/index.ts';
import scoreCam from '../../packages/methods/score-cam/src/index.ts';
import shapCam from '../../packages/methods/shap-cam/src/index.ts';
import { print, timed, type Row } from './table.ts';
import { interleaved, quantile } from './timing.ts';

/**
 * What the CAMs cost against the runs of the network that they are made of, in plain onnxruntime-web: LIFT-CAM against a forward
 * pass, SHAP-CAM against its tail evaluations, Score-CAM against its masked forward passes. Ratios of one run, as in cpu.ts.
 * The plain side has its batch size chosen first, and gets its pictures and ablated activations for nothing.
 */
const { values: flags, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    quick: { type: 'boolean', default: false },
    only: { type: 'string' },
    layer: { type: 'string' },
    orders: { type: 'string' },
  },
});
const path = resolve(positionals[0] ?? new URL('../../../shared/models/resnet18_pqf.onnx', import.meta.url).pathname);
if (!existsSync(path)) {
  console.log(`bench left out: there is no ${path}`);
  process.exit(0);
}
const wanted = (part: string): boolean => flags.only === undefined || flags.only === part;
const rounds = flags.quick ? 3 : 9;

const bytes = new Uint8Array(readFileSync(path));
const engine = new Engine();
for (const method of [liftCam, shapCam, scoreCam]) engine.register(method);
const { input: shape, layers } = await engine.load(bytes);
const { network } = engine;
const layer = network.layer(flags.layer ?? 'auto');
const [K, h, w] = layers.find(({ name }) => name === layer)!.dims;
const rng = random(1);
const noise = (dims: readonly number[]): Tensor =>
  tensor(
    dims,
    Float32Array.from({ length: size(dims) }, () => rng.normal()),
  );
const picture = noise([1, ...shape]);
const ort = await loadRuntime();
type Plain = (batch: number) => Promise<unknown>;

const rows: Row[] = [];
if (wanted('lift')) rows.push(await liftRow());
if (wanted('shap')) rows.push(await shapRow());
if (wanted('score')) rows.push(await scoreRow());
console.log(`${basename(path)} at ${layer} [${K}, ${h}, ${w}], ${rounds} rounds`);
print(rows);
if (rows.some(({ ratio, limit }) => limit !== undefined && ratio > limit)) process.exitCode = 1;
await engine.dispose();

async function liftRow(): Promise<Row> {
  const run = plain(() => bytes, shape);
  const explain = (): Promise<unknown> =>
    engine.explain(picture, { method: 'lift-cam', target: 1, options: { layer } });
  const times = await interleaved({ ours: explain, plain: () => run(1) }, { warmup: 5, rounds: 3 * rounds });
  return timed('LIFT-CAM / a forward pass', times.ours, times.plain, 1.3);
}

/** Both sides make as many evaluations; the plain one's ablated activations are there already. */
async function shapRow(): Promise<Row> {
  const run = plain(tailFile, [K, h, w]);
  const once = await best(run, [1, 4, 16, 64]);
  const orders = Number(flags.orders ?? 10);
  const evaluations = orders * K + 1;
  const explain = (): Promise<unknown> =>
    engine.explain(picture, { method: 'shap-cam', target: 1, options: { layer, orderings: orders } });
  const times = await interleaved(
    { ours: explain, plain: () => many(run, evaluations, once) },
    { warmup: 1, rounds: flags.quick ? 1 : 3 },
  );
  return timed(`SHAP-CAM, ${orders} orders / ${evaluations} tails (batches of ${once})`, times.ours, times.plain, 1.15);
}

/** At `--layer`, or the deepest of the layers with the fewest channels from 64 up: a pass costs the same wherever its mask comes from. */
async function scoreRow(): Promise<Row> {
  const run = plain(() => bytes, shape);
  const once = await best(run, [1, 4, 8, 16]);
  const fewest = Math.min(...layers.map(({ dims }) => dims[0]).filter((channels) => channels >= 64));
  const name = flags.layer ? layer : layers.findLast(({ dims }) => dims[0] === fewest)!.name;
  const explain = () => engine.explain(picture, { method: 'score-cam', target: 1, options: { layer: name } });
  // A constant channel costs nothing, so the plain side does not run it either; one pass makes the activation.
  const passes = 1 + (await explain()).coefficients!.data.filter((v) => v !== 0).length;
  const times = await interleaved(
    { ours: explain, plain: () => many(run, passes, once) },
    { warmup: 0, rounds: flags.quick ? 3 : 7 },
  );
  return timed(`Score-CAM at ${name} / ${passes} forward passes (batches of ${once})`, times.ours, times.plain, 1.1);
}

/** The same onnxruntime-web on noise of any batch size; a session for each, made outside of what is timed. */
function plain(file: (batch: number) => Uint8Array, dims: readonly number[]): Plain {
  const sessions = new Map<number, Promise<() => Promise<unknown>>>();
  const open = async (batch: number): Promise<() => Promise<unknown>> => {
    const session = await ort.InferenceSession.create(file(batch), {
      executionProviders: ['wasm'],
      graphOptimizationLevel: 'all',
      logSeverityLevel: 3,
    });
    const { data, dims: all } = noise([batch, ...dims]);
    return () => session.run({ [session.inputNames[0]!]: new ort.Tensor('float32', data, all) });
  };
  return async (batch) => {
    const known = sessions.get(batch) ?? open(batch);
    sessions.set(batch, known);
    return (await known)();
  };
}

async function many(run: Plain, count: number, batch: number): Promise<void> {
  for (let from = 0; from < count; from += batch) await run(Math.min(batch, count - from));
}

/** The batch size at which the plain runtime is fastest. */
async function best(run: Plain, batches: readonly number[]): Promise<number> {
  const most = batches.at(-1)!;
  const contenders = Object.fromEntries(batches.map((batch) => [`${batch}`, () => many(run, most, batch)]));
  const times = await interleaved(contenders, { warmup: 1, rounds: 3 });
  return batches.reduce((a, b) => (quantile(times[`${b}`]!) < quantile(times[`${a}`]!) ? b : a));
}

/** What comes after the layer as a file of its own: activations [batch, K, h, w] in, all logits out. */
function tailFile(batch: number): Uint8Array {
  const classifier = classifierOf(readOnnx(bytes), { batch }, layer);
  const value = layerOf(classifier);
  const activation = input('activation', value.dims);
  const renewed = rewrite([classifier.logits], (node) => (node.outputs.includes(value) ? [activation] : undefined));
  return writeOnnx({ inputs: [activation], outputs: { logits: renewed(classifier.logits) } });
}
