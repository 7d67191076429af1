import type { Feeds, Resident } from '../../backend/backend.ts';
import { bytesOf } from '../../backend/check.ts';
import { SightlineError } from '../../errors.ts';
import type { Graph } from '../../graph/value.ts';
import { int64s, size, type Tensor } from '../../tensor/tensor.ts';
import { cutInputs, cutOf, keepInput, tailGraph } from '../ablation.ts';
import type { Classifier } from '../classifier.ts';
import { checkPictures, pictureInput, scoreIn, type Job } from '../job.ts';
import type { Model } from '../model.ts';
import { padded, readTarget, type Network } from '../network.ts';
import { selectionInput } from '../select-classes.ts';
import { weightsOf, type Target } from '../target.ts';

/** Picture in, logits and all that the rest of the network reads of it out. */
export function headGraph(classifier: Classifier): Graph {
  const cut = cutOf(classifier);
  const names = cutInputs(cut);
  const values = [cut.layer, ...cut.beside].map((value, i) => [names[i]!, value] as const);
  return { inputs: [classifier.picture], outputs: { logits: classifier.logits, ...Object.fromEntries(values) } };
}

/** What a target needs of the logits: a few classes of them, or (for a probability, or where the end does not allow it) all. */
interface Reading {
  readonly selected: number | undefined;
  readonly target: Target;
  readonly feeds: Feeds;
}
function readingOf(target: Target, one: Classifier): Reading {
  const classes = [...new Set(target.weights.map(([index]) => index))];
  const all = { selected: undefined, target, feeds: {} };
  if (target.of !== 'logit' || classes.length === 0 || !tailGraph(one, classes.length)) return all;
  const weights = target.weights.map(([index, weight]) => [classes.indexOf(index), weight] as const);
  return {
    selected: classes.length,
    target: { weights, of: 'logit' },
    feeds: { [selectionInput]: int64s(classes) },
  };
}

export const tail = (job: Job): Model['tail'] =>
  async function (input, target, layer) {
    const { network, info, pause } = job;
    weightsOf(target, info.classes);
    checkPictures(input, info);
    const name = network.layer(layer);
    await pause();
    const one = network.classifier(1, name);
    const { logits, ...cut } = await job.keep(`head ${name}`, () => headGraph(one), { [pictureInput(job)]: input });
    const residents = { logits: logits!, ...cut };
    const close = (): void => Object.values<Resident>(residents).forEach((resident) => resident.release());
    try {
      const score = scoreIn(job, input, (await logits!.read()) as Tensor, target);
      const activation = (await cut[cutInputs(cutOf(one))[0]!]!.read()) as Tensor;
      const reading = readingOf(target, one);
      const { selected } = reading;
      const weights = weightsOf(reading.target, selected ?? info.classes);
      const build = (n: number): Graph => tailGraph(network.classifier(n, name), selected)!;
      const most = network.batchOf(bytesEach(network, build));
      return {
        activation,
        score,
        close,
        async scores(keep) {
          const count = checkKeep(keep, activation);
          const scores = new Float32Array(count);
          const run = async (n: number, from: number, to: number): Promise<void> => {
            const feeds = { ...cut, ...reading.feeds, [keepInput]: padded(keep, n, from, to) };
            const got = await job.run(`tail ${name} ${selected ?? 'all'} ${n}`, () => build(n), feeds);
            scores.set(readTarget(got['logits']!, reading.target, weights, to - from), from);
          };
          await network.inBatches(count, pause, run, most);
          return scores;
        },
      };
    } catch (error) {
      close();
      throw error;
    }
  };

/** What one more evaluation in a batch makes. */
function bytesEach(network: Network, build: (n: number) => Graph): number {
  if (network.batchFor(2) === 1) return 1;
  return bytesOf(build(2)) - bytesOf(build(1));
}

/** The number of rows. Throws `bad-input` where they are no choice of the layer's channels. */
function checkKeep({ dims, data }: Tensor, { dims: [, K] }: Tensor): number {
  if (dims.length !== 2 || dims[1] !== K || dims[0]! < 1 || data.length !== size(dims))
    throw new SightlineError('bad-input', `which channels to keep is [N, ${K}], not [${dims.join(', ')}]`);
  const bad = data.findIndex((v) => v !== 0 && v !== 1);
  if (bad >= 0)
    throw new SightlineError('bad-input', `a channel is kept (1) or zeroed (0): element ${bad} is ${data[bad]}`);
  return dims[0]!;
}
