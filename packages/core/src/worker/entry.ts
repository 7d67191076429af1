import { SightlineError } from '../errors.ts';
import { abortError } from './abort.ts';
import type { Job, Link } from './queue.ts';

interface EntryOptions<L extends Link, R> {
  readonly job: Job<L, R>;
  readonly id: number;
  readonly grace: number;
  readonly timeout: number | undefined;
  /** Takes it out of the queue. */
  leave(entry: Entry<L>): void;
}

/** A job's way through the queue. Its promise is settled once, whatever the worker does afterwards. */
export class Entry<L extends Link, R = unknown> {
  readonly promise: Promise<R>;
  readonly #options: EntryOptions<L, R>;
  /** Aborted when nobody waits for the job any more. */
  readonly #given = new AbortController();
  readonly #onAbort = (): void => this.#abort();
  #settled = false;
  #link: L | undefined;
  #grace: ReturnType<typeof setTimeout> | undefined;
  #resolve!: (result: R) => void;
  #reject!: (error: unknown) => void;

  constructor(options: EntryOptions<L, R>) {
    this.#options = options;
    this.promise = new Promise<R>((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
    options.job.signal?.addEventListener('abort', this.#onAbort, { once: true });
  }

  /** Until the worker is free again: with the job's result, or its error, or by its end. Never rejects. */
  async run(link: L): Promise<void> {
    const { job, id, timeout } = this.#options;
    this.#link = link;
    const timer = timeout === undefined ? undefined : setTimeout(() => this.#stop(this.#late(timeout)), timeout);
    try {
      const result = await Promise.race([job.run(link, id, this.#given.signal), link.died]);
      if (!this.#settled) job.commit?.(result);
      if (this.#settle()) this.#resolve(result);
    } catch (error) {
      this.fail(error);
    } finally {
      clearTimeout(timer);
      clearTimeout(this.#grace);
    }
  }

  /** Rejects the job, if it is not settled. What runs of it goes on. */
  fail(error: unknown): void {
    if (!this.#settle()) return;
    this.#reject(error);
    this.#given.abort(error);
  }

  #abort(): void {
    const { job, leave } = this.#options;
    const error = abortError(job.signal!);
    if (this.#link) return this.#stop(error);
    leave(this as unknown as Entry<L>);
    this.fail(error);
  }

  /** The caller hears at once; the worker has the time of grace to give up, and is ended if it does not. */
  #stop(error: Error): void {
    if (this.#settled) return;
    const { id, grace, job } = this.#options;
    this.fail(error);
    const link = this.#link!;
    link.cancel(id);
    const stuck = new SightlineError(
      'worker-terminated',
      `${job.verb} did not stop within ${grace} ms`,
      {},
      { cause: error },
    );
    this.#grace = setTimeout(() => link.kill(stuck), grace);
  }

  #late(milliseconds: number): Error {
    const { job } = this.#options;
    if (job.late) return job.late(milliseconds);
    const message = `${job.verb} did not finish within ${milliseconds} ms`;
    return new SightlineError('timeout', message, { verb: job.verb, timeout: milliseconds });
  }

  #settle(): boolean {
    if (this.#settled) return false;
    this.#settled = true;
    this.#options.job.signal?.removeEventListener('abort', this.#onAbort);
    return true;
  }
}
