import type { Hooks } from '../engine/types.ts';
import type { WorkerLink } from './link.ts';

/** Runs a call and hands its progress on, until it is over or nobody waits for it any more. */
export async function listen<T>(
  link: WorkerLink,
  job: number,
  given: AbortSignal,
  onProgress: Hooks['onProgress'],
  call: () => Promise<T>,
): Promise<T> {
  if (!onProgress) return call();
  link.progress.set(job, (progress) => {
    if (given.aborted) return;
    try {
      onProgress(progress);
    } catch (error) {
      // As with an event's listener: its error is the page's own, and no reason to lose the job.
      queueMicrotask(() => {
        throw error;
      });
    }
  });
  try {
    return await call();
  } finally {
    link.progress.delete(job);
  }
}
