import { wrap } from 'comlink';
import type { Progress } from '../engine/types.ts';
import { SightlineError } from '../errors.ts';
import { within } from './abort.ts';
import { sideMessage, type SideMessage, type WorkerApi } from './api.ts';
import type { Link } from './queue.ts';
import type { WorkerLike } from './spawn.ts';
import { carryWholeErrors } from './wire-errors.ts';

/** One worker, from its start to its end: the page's half. */
export class WorkerLink implements Link {
  readonly remote: WorkerApi;
  readonly died: Promise<never>;
  /** Who listens to the progress of which job. */
  readonly progress = new Map<number, (progress: Progress) => void>();
  dead = false;
  crashed = false;
  #listens = false;
  readonly #worker: WorkerLike;
  readonly #ready: Promise<void>;
  #die!: (error: Error) => void;
  #isReady!: () => void;

  constructor(worker: WorkerLike) {
    carryWholeErrors();
    this.#worker = worker;
    this.died = new Promise<never>((_, reject) => (this.#die = reject));
    // A worker may die while nobody waits for it.
    this.died.catch(() => {});
    this.#ready = new Promise<void>((resolve) => (this.#isReady = resolve));
    worker.addEventListener('message', (event) => this.#hear((event as MessageEvent<unknown>).data));
    worker.addEventListener('error', (event) => {
      // Handled here: without this the page's own error handler would hear of it as well.
      event.preventDefault?.();
      this.#crash(`the worker failed: ${reasonOf(event, this.#listens)}`);
    });
    worker.addEventListener('messageerror', () => this.#crash('a message of the worker could not be read'));
    // Comlink's types make every argument a remote one; here they are plain data on both sides.
    this.remote = wrap<WorkerApi>(worker);
    worker.start?.();
  }

  /** Until the worker listens. Throws `worker-terminated` where it dies before, `timeout` where it never says so. */
  async ready(milliseconds: number): Promise<void> {
    this.#post({ sightline: 'hello' });
    const late = (): SightlineError =>
      new SightlineError('timeout', `the worker did not answer within ${milliseconds} ms: does its file call serve()?`);
    await within(Promise.race([this.#ready, this.died]), milliseconds, late);
  }

  cancel(job: number): void {
    if (!this.dead) this.#post({ sightline: 'cancel', job });
  }

  /** Ends the worker. All that waits for it is rejected with `error`. */
  kill(error: Error): void {
    if (this.dead) return;
    this.dead = true;
    this.#worker.terminate();
    this.#die(error);
    this.progress.clear();
  }

  #crash(message: string): void {
    if (this.dead) return;
    this.crashed = true;
    this.kill(new SightlineError('worker-terminated', message));
  }

  #post(message: SideMessage): void {
    this.#worker.postMessage(message);
  }

  #hear(data: unknown): void {
    const message = sideMessage(data);
    if (!message || this.dead) return;
    if (message.sightline === 'ready') {
      this.#listens = true;
      this.#isReady();
    }
    if (message.sightline === 'progress') this.progress.get(message.job)?.(message.progress);
    if (message.sightline === 'lock') this.#watch(message.lock);
  }

  /** Whoever gets the worker's lock knows that the worker has gone, even where no event tells. */
  #watch(lock: string): void {
    const locks = globalThis.navigator?.locks;
    if (!locks) return;
    const stop = new AbortController();
    this.died.catch(() => stop.abort());
    const gone = (): void => this.#crash('the worker has ended: it was terminated, or ran out of memory');
    locks.request(lock, { signal: stop.signal }, gone).catch(() => {});
  }
}

function reasonOf(event: Event, listens: boolean): string {
  const message = 'message' in event && typeof event.message === 'string' ? event.message : '';
  if (message !== '') return message;
  if (listens) return 'it threw';
  const ways = 'give the option `worker`, or `inlineWorker` of @sightline/core/inline-worker for it';
  return `its file could not be loaded, or it threw. Where a bundler leaves the file behind, ${ways}`;
}
