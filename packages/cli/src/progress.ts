import type { Progress } from '@sightline/core';

/** A line on a terminal that is written over and gone at the end; nothing where stderr is a file or a pipe. */
export class ProgressLine {
  #shown = false;
  readonly show = ({ fraction, what }: Progress): void => {
    if (!process.stderr.isTTY) return;
    const filled = Math.round(Math.min(1, Math.max(0, fraction)) * 24);
    process.stderr.write(
      `\r\x1b[K${'━'.repeat(filled)}${'─'.repeat(24 - filled)} ${Math.floor(fraction * 100)} % ${what}`.slice(
        0,
        process.stderr.columns + 4,
      ),
    );
    this.#shown = true;
  };
  clear(): void {
    if (this.#shown) process.stderr.write('\r\x1b[K');
    this.#shown = false;
  }
}
