/** What went wrong, as a word a program can branch on. */
export type ErrorCode =
  | 'bad-model' // not an ONNX file, truncated, external data missing
  | 'unsupported' // an op, element type or feature that this part cannot take, with the node's name
  | 'bad-input' // a picture or tensor of the wrong shape, with NaN, or of no size
  | 'bad-target' // a class out of range
  | 'bad-layer' // a tensor that does not exist, or is not spatial
  | 'bad-option' // an option unknown, out of range or of the wrong type
  | 'bad-plugin' // a plugin that does not load or exports the wrong thing
  | 'unknown-plugin' // a method or metric that is not registered
  | 'unavailable' // a backend that this browser or machine cannot open: the message says why
  | 'device-lost' // the GPU went away in mid-run and did not come back
  | 'timeout'
  | 'worker-terminated'
  | 'runtime'; // the runtime failed: the cause says how

/** Every error that Sightline throws on purpose. `details` is plain data, so it survives the way out of a worker. */
export class SightlineError extends Error {
  override readonly name = 'SightlineError';
  readonly code: ErrorCode;
  readonly details: Readonly<Record<string, unknown>>;
  constructor(
    code: ErrorCode,
    message: string,
    details: Readonly<Record<string, unknown>> = {},
    options?: ErrorOptions,
  ) {
    super(message, options);
    this.code = code;
    this.details = details;
  }
}

/** The names closest to `name` (edit distance), nearest first: for "did you mean". */
export function near(name: string, names: Iterable<string>, count = 3): string[] {
  return [...names]
    .map((candidate) => ({ candidate, distance: editDistance(name.toLowerCase(), candidate.toLowerCase()) }))
    .sort((a, b) => a.distance - b.distance)
    .slice(0, count)
    .map(({ candidate }) => candidate);
}

/** The names of a type's fields, all of them: the compiler asks for one that is left out. */
export const fieldsOf = <T>(fields: Readonly<Record<keyof T, true>>): readonly string[] => Object.keys(fields);

/** Throws `bad-option` for a field that nothing reads: a slip would be ignored without a word. */
export function onlyKnown(what: string, given: unknown, known: readonly string[]): void {
  if (typeof given !== 'object' || given === null)
    throw new SightlineError('bad-option', `${what} is an object { ${known.join(', ')} }, not ${String(given)}`);
  const stray = Object.keys(given).find((name) => !known.includes(name));
  if (stray === undefined) return;
  const right = near(stray, known).join(', ');
  throw new SightlineError('bad-option', `${what} has no field '${stray}': did you mean ${right}?`, { known });
}

function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      next.push(Math.min(row[j]! + 1, next[j - 1]! + 1, row[j - 1]! + Number(a[i - 1] !== b[j - 1])));
    }
    row = next;
  }
  return row[b.length]!;
}
