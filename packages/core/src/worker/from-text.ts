/** A worker whose module is this text. Where a policy forbids `blob:` the worker fails as one whose file is not there. */
export function fromText(text: string): Worker {
  const url = URL.createObjectURL(new Blob([text], { type: 'text/javascript' }));
  try {
    return new Worker(url, { type: 'module' });
  } finally {
    // The worker has taken hold of the Blob by then, or will before this is run.
    setTimeout(() => URL.revokeObjectURL(url), 60_000);
  }
}
