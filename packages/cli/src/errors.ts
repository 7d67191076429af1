/** Something the user can put right: its message goes to stderr as one line, and the exit code is 2. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

/** The one line that is printed for an error. */
export function lineFor(error: unknown): string {
  const expected = error instanceof Error && (error.name === 'UsageError' || error.name === 'SightlineError');
  const message = error instanceof Error ? error.message : String(error);
  return oneLine(expected ? message : `this should not have happened: ${message}`);
}

/** What the runtime has to say can be pages long. */
const longest = 600;
export const oneLine = (text: string): string => {
  const line = text.replace(/\s+/g, ' ').trim();
  return line.length > longest ? `${line.slice(0, longest - 1)}…` : line;
};

/** 'did you mean a, b?', of the names close enough to be a slip; without any, all of the names. */
export function suggestion(close: readonly string[], all: readonly string[]): string {
  return close.length > 0 ? `did you mean ${close.join(' or ')}?` : `there is ${all.join(', ')}`;
}
