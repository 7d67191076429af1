import { SightlineError } from '../errors.ts';
import type { Graph } from '../graph/value.ts';
import { size, tensor, type Tensor } from '../tensor/tensor.ts';
import type { Masks, Model, ModelInfo } from './model.ts';
import { padded, readTarget, type Network, type Pause } from './network.ts';
import { gradientGraph, maskedGraph, multipliersGraph, scoreGraph, tapGraph, targetInput } from './programs.ts';
import { weightsOf, type Target } from './target.ts';

/** A network as one job sees it: the verbs of Model, pausing between runs so that the job can be stopped. */
export function bindModel(network: Network, pause: Pause): Model & { readonly info: ModelInfo } {
  const { info } = network;
  const targetFeed = (target: Target): { weights: Float32Array; feed: Tensor } => {
    const weights = weightsOf(target, info.classes);
    return { weights, feed: tensor([1, info.classes], weights) };
  };
  /** One run of a program that looks at a layer. */
  const atLayer = async (kind: string, graph: typeof tapGraph, input: Tensor, target: Target, layer: string) => {
    const { weights, feed } = targetFeed(target);
    checkPictures(input, info);
    const name = network.layer(layer);
    await pause();
    const build = (): Graph => graph(network.classifier(1, name), target.of);
    const feeds = { [inputOf(network)]: input, [targetInput]: feed };
    const got = await network.run(`${kind} ${name} ${target.of}`, build, feeds);
    const logits = network.keepLogits(input, got['logits']!);
    return { got, activation: got['activation']!, score: readTarget(logits, target, weights, 1)[0]! };
  };
  return {
    info,
    async score(batch, target) {
      const weights = weightsOf(target, info.classes);
      const count = checkPictures(batch, info);
      const scores = new Float32Array(count);
      await network.inBatches(count, pause, async (n, from, to) => {
        const { logits } = await network.run(`score ${n}`, () => scoreGraph(network.classifier(n)), {
          [inputOf(network)]: padded(batch, n, from, to),
        });
        scores.set(readTarget(logits!, target, weights, to - from), from);
      });
      return scores;
    },
    async maskedScore(input, target, masks, baseline) {
      const weights = weightsOf(target, info.classes);
      const count = checkMasks(masks, info);
      checkPictures(input, info);
      const scores = new Float32Array(count);
      await network.inBatches(count, pause, async (n, from, to) => {
        const part = (t: Tensor): Tensor => (t.dims[0] === 1 ? t : padded(t, n, from, to));
        const feeds = {
          image: input,
          grid: padded(masks.grid, n, from, to),
          rows: part(masks.rows),
          columns: part(masks.columns),
          ...(baseline && { baseline }),
        };
        const shape = {
          grid: feeds.grid.dims,
          rows: feeds.rows.dims,
          columns: feeds.columns.dims,
          baseline: baseline !== undefined,
        };
        const { logits } = await network.run(
          `masked ${JSON.stringify(shape)}`,
          () => maskedGraph(network.classifier(n), shape),
          feeds,
        );
        scores.set(readTarget(logits!, target, weights, to - from), from);
      });
      return scores;
    },
    async gradient(batch, target) {
      const { weights, feed } = targetFeed(target);
      const count = checkPictures(batch, info);
      const score = new Float32Array(count);
      const gradient = tensor(batch.dims);
      await network.inBatches(count, pause, async (n, from, to) => {
        const feeds = { [inputOf(network)]: padded(batch, n, from, to), [targetInput]: feed };
        const got = await network.run(
          `gradient ${n} ${target.of}`,
          () => gradientGraph(network.classifier(n), target.of),
          feeds,
        );
        if (count === 1) network.keepLogits(batch, got['logits']!);
        const step = size(batch.dims.slice(1));
        gradient.data.set(got['gradient']!.data.subarray(0, (to - from) * step), from * step);
        score.set(readTarget(got['logits']!, target, weights, to - from), from);
      });
      return { gradient, score };
    },
    async tap(input, target, layer) {
      const { got, activation, score } = await atLayer('tap', tapGraph, input, target, layer);
      return { activation, gradient: got['gradient']!, score };
    },
    async multipliers(input, target, layer) {
      const { got, activation, score } = await atLayer('multipliers', multipliersGraph, input, target, layer);
      return { activation, multipliers: got['multipliers']!, score };
    },
  };
}

const inputOf = (network: Network): string => network.graph.inputs[0]!.name!;

/** The number of pictures. Throws `bad-input` where they do not fit the network or hold NaN or infinity. */
export function checkPictures(batch: Tensor, info: ModelInfo): number {
  const right = `[N, ${info.input.join(', ')}]`;
  if (batch.dims.length !== 4 || batch.dims.slice(1).join() !== info.input.join() || batch.dims[0]! < 1) {
    throw new SightlineError('bad-input', `the model takes pictures ${right}, not [${batch.dims.join(', ')}]`, {
      expected: info.input,
      dims: batch.dims,
    });
  }
  if (batch.data.length !== size(batch.dims))
    throw new SightlineError('bad-input', `a tensor [${batch.dims.join(', ')}] with ${batch.data.length} numbers`);
  const bad = batch.data.findIndex((v) => !Number.isFinite(v));
  if (bad >= 0)
    throw new SightlineError(
      'bad-input',
      `the input holds ${batch.data[bad]} at element ${bad}: all must be finite numbers`,
    );
  return batch.dims[0]!;
}

function checkMasks({ grid, rows, columns }: Masks, { input: [, height, width] }: ModelInfo): number {
  const [n, h, w] = grid.dims as [number, number, number];
  const fits = (t: Tensor, a: number, b: number): boolean =>
    t.dims.length === 3 && (t.dims[0] === n || t.dims[0] === 1) && t.dims[1] === a && t.dims[2] === b;
  if (grid.dims.length !== 3 || !fits(rows, height, h) || !fits(columns, w, width)) {
    const found = [grid, rows, columns].map(({ dims }) => `[${dims.join(', ')}]`).join(', ');
    throw new SightlineError(
      'bad-input',
      `masks are grid [N, h, w], rows [N, ${height}, h] and columns [N, w, ${width}], not ${found}`,
    );
  }
  return n;
}
