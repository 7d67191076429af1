import { SightlineError } from '../errors.ts';
import { abortError } from './abort.ts';
import { Entry } from './entry.ts';

/** A worker as the queue sees it. */
export interface Link {
  /** Rejects when the worker ends, for whatever reason; never resolves. */
  readonly died: Promise<never>;
  readonly dead: boolean;
  /** It ended by itself: nobody here ended it. */
  readonly crashed: boolean;
  /** Asks the worker to give up a job. */
  cancel(job: number): void;
  kill(error: Error): void;
}

export interface Job<L extends Link, R> {
  /** For messages: 'explain'. */
  readonly verb: string;
  readonly signal?: AbortSignal | undefined;
  /** Milliseconds from when it starts to run; the queue's own limit unless given. */
  readonly timeout?: number | undefined;
  /** Sends the work to the worker. `signal` is aborted when nobody waits for it any more. */
  run(link: L, id: number, signal: AbortSignal): Promise<R>;
  /** The job has succeeded and somebody still waits for it: called just before its promise resolves. */
  commit?(result: R): void;
  /** The error for a job that takes too long; `timeout` unless given. */
  late?(milliseconds: number): Error;
}

export interface QueueOptions<L extends Link> {
  /** A worker that is ready for a job: the one there is, or a fresh one in the same state. */
  connect(): Promise<L>;
  /** Milliseconds that a worker has to give up a job before it is ended. */
  readonly grace: number;
  /** Milliseconds that a job may run; for ever unless given. */
  readonly timeout?: number | undefined;
  /** Crashes or failed starts in a row after which the waiting jobs are given up. */
  readonly attempts: number;
}

/**
 * One job at a time, in order. A job that is aborted while it waits never reaches the worker; one that runs is given up, and
 * its worker is ended where it does not react. When a worker ends, its running job fails and the next one gets a fresh worker.
 */
export class JobQueue<L extends Link> {
  readonly #options: QueueOptions<L>;
  #waiting: Entry<L>[] = [];
  #running: Entry<L> | undefined;
  #pumping = false;
  #failures = 0;
  #lastId = 0;
  #closed: Error | undefined;

  constructor(options: QueueOptions<L>) {
    this.#options = options;
  }

  /** Queues a job. Rejects with AbortError, `timeout`, `worker-terminated`, or with what the job itself threw. */
  add<R>(job: Job<L, R>): Promise<R> {
    if (this.#closed) return Promise.reject(this.#closed);
    if (job.signal?.aborted) return Promise.reject(abortError(job.signal));
    const { grace, timeout } = this.#options;
    const leave = (entry: Entry<L>): void => {
      this.#waiting = this.#waiting.filter((other) => other !== entry);
    };
    const entry = new Entry<L, R>({ job, id: ++this.#lastId, grace, timeout: job.timeout ?? timeout, leave });
    this.#waiting.push(entry as unknown as Entry<L>);
    void this.#pump();
    return entry.promise;
  }

  /** Every job is rejected with the error, and every later one. */
  close(error: Error): void {
    this.#closed ??= error;
    this.#running?.fail(error);
    this.#failAll(error);
  }

  async #pump(): Promise<void> {
    if (this.#pumping) return;
    this.#pumping = true;
    while (this.#waiting.length > 0) {
      const link = await this.#connect();
      // Whoever waited may have left meanwhile.
      const entry = link && this.#waiting.shift();
      if (!link || !entry) continue;
      this.#running = entry;
      await entry.run(link);
      this.#running = undefined;
      if (link.crashed) this.#failed(await reason(link));
      else this.#failures = 0;
    }
    this.#pumping = false;
  }

  async #connect(): Promise<L | undefined> {
    try {
      return await this.#options.connect();
    } catch (error) {
      this.#failed(error);
      return undefined;
    }
  }

  #failed(cause: unknown): void {
    const { attempts } = this.#options;
    if (++this.#failures < attempts) return;
    this.#failures = 0;
    const what = cause instanceof Error ? cause.message : String(cause);
    this.#failAll(
      new SightlineError(
        'worker-terminated',
        `the worker failed ${attempts} times in a row, the last time because ${what}`,
        {},
        { cause },
      ),
    );
  }

  #failAll(error: Error): void {
    const given = this.#waiting;
    this.#waiting = [];
    for (const entry of given) entry.fail(error);
  }
}

const reason = (link: Link): Promise<unknown> => link.died.catch((error: unknown) => error);
