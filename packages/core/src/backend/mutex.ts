/** Runs tasks one after another, in the order in which they came; a failed one does not stop the next. */
export function createMutex(): <T>(task: () => Promise<T>) => Promise<T> {
  let last: Promise<unknown> = Promise.resolve();
  return (task) => {
    const result = last.then(task, task);
    last = result.catch(() => undefined);
    return result;
  };
}

/** One runtime a thread, so one queue a thread: overlapping calls crash it. */
export const exclusive = createMutex();
