import { quantile } from './timing.ts';

export interface Row {
  readonly name: string;
  readonly ratio: number;
  /** Quartiles of the ratios round by round: how far the machine's other load moves them. */
  readonly spread?: readonly [low: number, high: number];
  /** Largest ratio allowed. */
  readonly limit?: number;
  readonly ours: string;
  readonly plain: string;
}

export const milliseconds = (value: number): string => `${value.toFixed(1)} ms`;
export const megabytes = (bytes: number): string => `${(bytes / 2 ** 20).toFixed(1)} MiB`;

/** A row of two lists of milliseconds, taken in the same rounds. */
export function timed(name: string, ours: readonly number[], plain: readonly number[], limit?: number): Row {
  const ratios = ours.map((value, round) => value / plain[round]!);
  return {
    name,
    ratio: quantile(ours) / quantile(plain),
    spread: [quantile(ratios, 0.25), quantile(ratios, 0.75)],
    ...(limit !== undefined && { limit }),
    ours: milliseconds(quantile(ours)),
    plain: milliseconds(quantile(plain)),
  };
}

export function print(rows: readonly Row[]): void {
  const cells = [
    ['', 'ratio', 'quartiles', 'limit', 'met', 'ours', 'against'],
    ...rows.map(({ name, ratio, spread, limit, ours, plain }) => [
      name,
      ratio.toFixed(3),
      spread ? spread.map((value) => value.toFixed(2)).join('–') : '',
      limit === undefined ? '' : `≤ ${limit.toFixed(2)}`,
      limit === undefined ? '' : ratio <= limit ? 'yes' : 'NO',
      ours,
      plain,
    ]),
  ];
  const widths = cells[0]!.map((_, column) => Math.max(...cells.map((row) => row[column]!.length)));
  for (const [first, ...rest] of cells) {
    const line = rest.map((cell, column) => cell.padStart(widths[column + 1]!)).join('  ');
    console.log(`${first!.padEnd(widths[0]!)}  ${line}`);
  }
}
