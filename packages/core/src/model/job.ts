import { SightlineError } from '../errors.ts';
import type { Feeds, Program, Resident } from '../backend/backend.ts';
import type { Graph } from '../graph/value.ts';
import { size, tensor, type Tensor } from '../tensor/tensor.ts';
import type { ModelInfo } from './model.ts';
import { readTarget, type Fetched, type Network, type Pause } from './network.ts';
import { weightsOf, type Target } from './target.ts';

/** Where a program of a job ran, and what the backends that come first had against it. */
export interface Placement {
  readonly program: string;
  readonly backend: string;
  readonly refusals: Readonly<Record<string, string>>;
}

/** A network as one job sees it: what the verbs stand on. It pauses between runs, so that the job can be stopped, and knows where they ran. */
export class Job {
  readonly network: Network;
  readonly pause: Pause;
  readonly #placements = new Map<string, Placement>();

  constructor(network: Network, pause: Pause) {
    this.network = network;
    this.pause = pause;
  }

  get info(): ModelInfo {
    return this.network.info;
  }
  /** Each program that this job ran, once. */
  get placements(): readonly Placement[] {
    return [...this.#placements.values()];
  }

  /** Runs the program under `key`, built from the classifier where it is not in the cache. */
  async run(key: string, build: () => Graph, feeds: Feeds): Promise<Fetched> {
    return (await (await this.#program(key, build)).run(feeds)) as Fetched;
  }

  /** The same, and the results stay on the device until they are released. */
  async keep(key: string, build: () => Graph, feeds: Feeds): Promise<Readonly<Record<string, Resident>>> {
    return (await this.#program(key, build)).keep(feeds);
  }

  /** `work` on tensors that are sent to the device once, however many runs they are fed to. */
  async uploaded<T>(tensors: readonly Tensor[], work: (...residents: readonly Resident[]) => Promise<T>): Promise<T> {
    const residents = await uploadAll(this, tensors);
    try {
      return await work(...residents);
    } finally {
      for (const resident of residents) resident.release();
    }
  }

  async #program(key: string, build: () => Graph): Promise<Program> {
    const program = await this.network.programs.get(key, build);
    const { backend, refusals = {} } = program;
    this.#placements.set(key, { program: key, backend, refusals });
    return program;
  }
}

/** Tensors on the device; where one cannot be sent, none stays there. */
export async function uploadAll({ network }: Job, tensors: readonly Tensor[]): Promise<readonly Resident[]> {
  const residents: Resident[] = [];
  try {
    for (const t of tensors) residents.push(await network.backend.upload(t));
    return residents;
  } catch (error) {
    for (const resident of residents) resident.release();
    throw error;
  }
}

/** The target as programs take it: the vector over the classes, and the same as the feed [1, K]. */
export function targetFeed(target: Target, { classes }: ModelInfo): { weights: Float32Array; feed: Tensor } {
  const weights = weightsOf(target, classes);
  return { weights, feed: tensor([1, classes], weights) };
}

/** The name of the picture in the model's file, and in every program that takes pictures. */
export const pictureInput = ({ network }: Job): string => network.graph.inputs[0]!.name!;

/** The target's value in the logits that a program of one picture made; they are kept, so that nothing runs twice. */
export function scoreIn(job: Job, input: Tensor, logits: Tensor, target: Target): number {
  const weights = weightsOf(target, job.info.classes);
  return readTarget(job.network.keepLogits(input, logits), target, weights, 1)[0]!;
}

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
