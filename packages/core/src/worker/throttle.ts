import type { Progress } from '../engine/types.ts';

export interface Throttled {
  /** Call it as often as you like. */
  report(progress: Progress): void;
  /** Sends the last value if it has not been sent, and nothing any more after that. */
  finish(): void;
}

/** Lets through about 30 values a second: the first at once, and the newest one after each interval. */
export function throttle(send: (progress: Progress) => void, interval = 33): Throttled {
  let waiting: Progress | undefined;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let last = -Infinity;
  let finished = false;
  const flush = (): void => {
    clearTimeout(timer);
    timer = undefined;
    if (!waiting) return;
    const progress = waiting;
    waiting = undefined;
    last = performance.now();
    send(progress);
  };
  return {
    report(progress) {
      if (finished) return;
      waiting = progress;
      const rest = last + interval - performance.now();
      // The clock is asked too: a thread that never idles would never see its timer.
      if (rest <= 0) flush();
      else timer ??= setTimeout(flush, rest);
    },
    finish() {
      flush();
      finished = true;
    },
  };
}
