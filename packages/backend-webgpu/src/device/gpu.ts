/// <reference types="@webgpu/types" preserve="true" />
import { SightlineError } from '@sightline/core/backend';
import type { Counters } from './counters.ts';
import { BufferPool } from './pool.ts';

/** Milliseconds between a failure and the news that the device is lost. */
const patience = 100;
/** Milliseconds that a call of the runtime gets to end after a loss. With JSPI it fails by itself; Asyncify may never settle. */
export const runtimeGrace = 3000;

/** A GPUDevice with what lives and dies with it. */
export class Gpu {
  readonly device: GPUDevice;
  readonly counters: Counters;
  readonly pool: BufferPool;
  /** Pipelines of Sightline's own kernels, by code and entry point. */
  readonly pipelines = new Map<string, GPUComputePipeline>();
  /** Set once the device is lost: nothing runs on it any more. */
  gone: SightlineError | undefined;
  /** What the GPU refused without anybody waiting for an answer: out of memory above all. Results made since are worthless. */
  readonly faults: string[] = [];
  readonly #waiting = new Set<(reason: SightlineError) => void>();

  constructor(device: GPUDevice, counters: Counters) {
    this.device = device;
    this.counters = counters;
    this.pool = new BufferPool(device);
    device.addEventListener('uncapturederror', ({ error }) => {
      this.faults.push(`${error.constructor.name}: ${error.message.split('\n')[0]!.slice(0, 300)}`);
    });
    void device.lost.then(({ reason, message }) => {
      const why = [reason, message].filter((part) => part && part !== 'unknown').join(': ') || 'no reason given';
      this.gone = new SightlineError('device-lost', `the GPU device was lost (${why})`, { reason, message });
      for (const lost of [...this.#waiting]) lost(this.gone);
      this.pool.close();
    });
  }

  /**
   * `work`, or `device-lost` once the device goes away: what waits for a lost device may wait for ever. `grace` are the milliseconds
   * that work is given to end by itself: the runtime crashes where one of its calls begins before another has ended.
   */
  guard<T>(work: Promise<T>, grace = 0): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      const lost = (reason: SightlineError): void =>
        void (grace > 0 ? setTimeout(reject, grace, reason) : reject(reason));
      if (this.gone) lost(this.gone);
      this.#waiting.add(lost);
      work.then(
        (value) => {
          this.#waiting.delete(lost);
          resolve(value);
        },
        (error: Error) => {
          // Work fails a moment before the browser says that the device is lost.
          const settle = (): void => {
            this.#waiting.delete(lost);
            reject(this.gone ?? error);
          };
          if (this.gone) settle();
          else setTimeout(settle, patience);
        },
      );
    });
  }

  /** Throws where the GPU refused work after `since` faults were known. */
  checkFaults(since: number): void {
    const fault = this.faults[since];
    if (fault !== undefined) throw new SightlineError('runtime', `the GPU refused work: ${fault}`, { fault });
  }
}
