import type { Attribution, Evaluation } from '@sightline/core';

/** Hands a file to the user. */
export function save(blob: Blob, name: string): void {
  const url = URL.createObjectURL(blob);
  const link = document.createElement('a');
  link.href = url;
  link.download = name.replace(/[^\w.-]+/g, '-');
  document.body.append(link);
  link.click();
  link.remove();
  // The browser reads the URL after the click has been handled.
  setTimeout(() => URL.revokeObjectURL(url), 60_000);
}

/** An explanation as `Attribution.fromJSON` reads it, and the metrics' numbers with it. */
export function toJson(attribution: Attribution, evaluations: readonly Evaluation[]): Blob {
  return new Blob([JSON.stringify({ ...attribution.toJSON(), evaluations }, undefined, 1)], {
    type: 'application/json',
  });
}
