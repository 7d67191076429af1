/// <reference types="@webgpu/types" />
import { SightlineError } from '@sightline/core/backend';
import type { Counters } from './counters.ts';
import { BufferPool } from './pool.ts';

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
      for (const reject of [...this.#waiting]) reject(this.gone);
      this.pool.drain();
    });
  }

  /** `work`, or `device-lost` as soon as the device goes away: what waits for a lost device may wait for ever. */
  guard<T>(work: Promise<T>): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      if (this.gone) reject(this.gone);
      this.#waiting.add(reject);
      const done = (): boolean => this.#waiting.delete(reject);
      work.then(
        (value) => {
          done();
          resolve(value);
        },
        (error: unknown) => {
          done();
          reject(this.gone ?? (error as Error));
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
