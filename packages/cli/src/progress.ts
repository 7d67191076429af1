import type { Progress } from '@sightline/core';

const cells = 24;

/** A line on a terminal that is written over and gone at the end; nothing where stderr is a file or a pipe. */
export class ProgressLine {
  #shown = '';
  readonly show = ({ fraction, what }: Progress): void => {
    if (!process.stderr.isTTY) return;
    const filled = Math.round(fraction * cells);
    const bar = `${'━'.repeat(filled)}${'─'.repeat(cells - filled)} ${Math.floor(fraction * 100)} % ${what}`;
    // A line that wraps could not be taken back; a terminal that does not know its width says 0.
    const line = bar.slice(0, (process.stderr.columns || 80) - 1);
    if (line !== this.#shown) process.stderr.write(`\r\x1b[K${line}`);
    this.#shown = line;
  };
  clear(): void {
    if (this.#shown !== '') process.stderr.write('\r\x1b[K');
    this.#shown = '';
  }
}
