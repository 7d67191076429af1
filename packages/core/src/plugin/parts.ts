import type { Tail } from '../model/model.ts';
import { items, tensor } from '../tensor/tensor.ts';
import type { Context } from './types.ts';

type Job = Pick<Context, 'signal' | 'progress'>;

/**
 * `count` items, no more than `most` at a time, in parts as even as can be: a small one at the end would be compiled for by itself.
 * Looks at the signal before each part, and tells progress after it.
 */
export async function inParts(
  count: number,
  most: number,
  { signal, progress }: Job,
  what: string,
  run: (from: number, to: number) => Promise<void>,
): Promise<void> {
  const parts = Math.ceil(count / most);
  for (let part = 0; part < parts; part++) {
    signal.throwIfAborted();
    const [from, to] = [part, part + 1].map((n) => Math.floor((n * count) / parts)) as [number, number];
    await run(from, to);
    progress(to / count, `${to} of ${count} ${what}`);
  }
}

/** F(A∖k), the score with channel k zeroed, for each of the K channels of the tail's layer. */
export async function scoresWithoutEach(tail: Tail, job: Job): Promise<Float32Array> {
  const K = tail.activation.dims[1]!;
  const keep = tensor([K, K], 1);
  for (let k = 0; k < K; k++) keep.data[k * K + k] = 0;
  const scores = new Float32Array(K);
  await inParts(K, 512, job, 'channels', async (from, to) =>
    scores.set(await tail.scores(items(keep, from, to)), from),
  );
  return scores;
}
