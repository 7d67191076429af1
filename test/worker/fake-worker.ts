import type { CreateEngine } from '../../packages/core/src/worker/api.ts';
import { exposeEngine } from '../../packages/core/src/worker/expose.ts';
import type { WorkerLike } from '../../packages/core/src/worker/spawn.ts';
import type { Plugin } from '../../packages/core/src/plugin/types.ts';
import { FakeEngine } from './fake-engine.ts';

/** A worker in this thread, behind a channel: what is posted is copied as between threads. */
export class FakeWorker implements WorkerLike {
  readonly sent: unknown[] = [];
  terminated = false;
  readonly #channel = new MessageChannel();
  readonly #events = new EventTarget();

  constructor(createEngine: CreateEngine = () => new FakeEngine(), plugins: readonly Plugin[] = []) {
    exposeEngine(createEngine, plugins, this.#channel.port2);
  }
  postMessage(message: unknown, transfer: Transferable[] = []): void {
    this.sent.push(message);
    this.#channel.port1.postMessage(message, transfer);
  }
  addEventListener(type: string, listener: EventListenerOrEventListenerObject): void {
    (type === 'message' ? this.#channel.port1 : this.#events).addEventListener(type, listener);
  }
  removeEventListener(type: string, listener: EventListenerOrEventListenerObject): void {
    (type === 'message' ? this.#channel.port1 : this.#events).removeEventListener(type, listener);
  }
  start(): void {
    this.#channel.port1.start();
  }
  terminate(): void {
    this.terminated = true;
    this.#channel.port1.close();
  }
  /** As a worker does that throws outside of any call. */
  crash(): void {
    this.#events.dispatchEvent(Object.assign(new Event('error'), { message: 'out of memory' }));
  }
  /** The names of the calls that it has been sent. */
  get calls(): string[] {
    return this.sent.flatMap((message) => {
      const { type, path } = message as { type?: string; path?: string[] };
      return type === 'APPLY' && path ? [path.join('.')] : [];
    });
  }
}

/** A factory that remembers its workers. */
export function workers(
  createEngine?: CreateEngine,
  plugins?: readonly Plugin[],
): { made: FakeWorker[]; worker: () => FakeWorker } {
  const made: FakeWorker[] = [];
  const worker = (): FakeWorker => {
    made.push(new FakeWorker(createEngine, plugins));
    return made.at(-1)!;
  };
  return { made, worker };
}
