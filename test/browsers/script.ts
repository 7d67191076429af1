import type { Plain } from '../browsers.ts';

/**
 * A call as source text. Our TypeScript runner names functions through a helper, `__name`, that a page does not have;
 * so functions travel as text, with that helper, in every engine.
 */
export function source(run: (...args: never[]) => unknown, args: readonly Plain[]): string {
  const list = args.map((value) => (value === undefined ? 'undefined' : JSON.stringify(value))).join(', ');
  return `(() => { const __name = (f) => f; return (${run.toString()})(${list}); })()`;
}

export const sleep = (milliseconds: number): Promise<void> =>
  new Promise((resolve) => setTimeout(resolve, milliseconds));

/** Asks until the answer is true. What the page throws meanwhile is told only if time runs out. */
export async function poll(what: string, ask: () => Promise<unknown>, timeout = 30_000): Promise<void> {
  const end = Date.now() + timeout;
  let last: unknown;
  for (;;) {
    try {
      if (await ask()) return;
      last = undefined;
    } catch (error) {
      last = error;
    }
    if (Date.now() > end) throw new Error(`waited ${timeout} ms in vain for ${what}`, { cause: last });
    await sleep(50);
  }
}

/**
 * The environment as it was before Chromium's package came: it sets LD_LIBRARY_PATH and FONTCONFIG_PATH for the libraries and
 * fonts that it brings, and with these the system's own browsers find neither theirs.
 */
export const systemEnvironment: Readonly<NodeJS.ProcessEnv> = { ...process.env };
