import type { Line, Plan, Scores } from './measure.ts';

export interface Run {
  readonly command: string;
  readonly model: string;
  readonly digest: string;
  readonly versions: Readonly<Record<string, string>>;
  readonly plan: Plan;
}

const measures: readonly { readonly key: keyof Scores; readonly head: string; readonly percent: boolean }[] = [
  { key: 'cosine', head: 'cosine to SHAP ↑', percent: false },
  { key: 'increase', head: 'IC ↑', percent: true },
  { key: 'drop', head: 'AD ↓', percent: true },
  { key: 'add', head: 'ADD ↑', percent: true },
  { key: 'insertion', head: 'insertion ↑', percent: false },
  { key: 'deletion', head: 'deletion ↓', percent: false },
  { key: 'energy', head: 'energy ↑', percent: true },
  { key: 'area', head: 'area', percent: true },
];

/** Mean and standard error. */
export function summary(values: readonly number[]): { readonly mean: number; readonly error: number } {
  const mean = values.reduce((a, b) => a + b, 0) / values.length;
  const variance = values.reduce((a, b) => a + (b - mean) ** 2, 0) / Math.max(1, values.length - 1);
  return { mean, error: Math.sqrt(variance / values.length) };
}

const valuesOf = (lines: readonly Line[], row: string, key: keyof Scores): readonly number[] =>
  lines.flatMap(({ rows }) => rows[row]?.[key] ?? []);

/** The share of pictures on which one row's number is above another's. */
function above(lines: readonly Line[], one: string, other: string, key: keyof Scores): number {
  const pairs = lines.flatMap(({ rows }) => {
    const [a, b] = [rows[one]?.[key], rows[other]?.[key]];
    return a === undefined || b === undefined ? [] : [Number(a > b)];
  });
  return summary(pairs).mean;
}

export function table(lines: readonly Line[], rows: readonly string[]): string {
  const shown = measures.filter(({ key }) =>
    lines.some((line) => rows.some((row) => line.rows[row]?.[key] !== undefined)),
  );
  const cell = (row: string, key: keyof Scores, percent: boolean): string => {
    const values = valuesOf(lines, row, key);
    if (values.length === 0) return '–';
    const { mean, error } = summary(values);
    const [scale, digits] = percent ? [100, 1] : [1, key === 'cosine' ? 4 : 3];
    return `${(scale * mean).toFixed(digits)} ± ${(scale * error).toFixed(digits)}`;
  };
  const time = (row: string): string => {
    const sorted = valuesOf(lines, row, 'milliseconds').toSorted((a, b) => a - b);
    return `${Math.round(sorted[Math.floor(sorted.length / 2)]!)} ms`;
  };
  return [
    `| | ${shown.map(({ head }) => head).join(' | ')} | time |`,
    `|---${'|---:'.repeat(shown.length + 1)}|`,
    ...rows.map(
      (row) => `| ${row} | ${shown.map(({ key, percent }) => cell(row, key, percent)).join(' | ')} | ${time(row)} |`,
    ),
  ].join('\n');
}

/** Whether what the paper says is what was found, a sentence a claim. */
export function claims(lines: readonly Line[], rows: readonly string[]): string {
  const fast = rows.filter(
    (row) => !row.startsWith('SHAP') && row !== 'LIFT-CAM' && valuesOf(lines, row, 'cosine').length > 0,
  );
  const nearest = fast
    .map((row) => `${row} ${(100 * above(lines, 'LIFT-CAM', row, 'cosine')).toFixed(0)} %`)
    .join(', ');
  const shap = rows.filter((row) => row.startsWith('SHAP'));
  const trend = (['increase', 'drop', 'add'] as const).map((key) => {
    const means = shap.map((row) => (100 * summary(valuesOf(lines, row, key)).mean).toFixed(1)).join(' → ');
    return `${{ increase: 'IC', drop: 'AD', add: 'ADD' }[key]} ${means}`;
  });
  return [
    `- On this share of the pictures LIFT-CAM's coefficients are nearer to the reference than those of the other: ${nearest}.`,
    `- With more orders (${shap.join(', ')}): ${trend.join('; ')}.`,
  ].join('\n');
}

/** A run's section of the document. */
export function section(run: Run, lines: readonly Line[]): string {
  const rows = run.plan.contestants.map(({ row }) => row);
  const located = lines.filter(({ label, top }) => label === top).length;
  const { layer, reference, seed } = run.plan;
  const where = [...new Set(lines.flatMap(({ backends }) => backends))].join(' and ');
  const made = Object.entries(run.versions).map(([name, version]) => `${name} ${version}`);
  const heading = `${run.model} at \`${layer}\`${run.plan.curves ? '' : ', without insertion and deletion'}`;
  return `## ${heading}

\`${run.command}\`: means ± standard errors over ${lines.length} pictures (energy: over those of the ${located} whose most likely class is their label in which the network sees something of its boxes);
cosines to SHAP-CAM with ${reference} orders; seed ${seed}; run on ${where}; ${made.join(', ')}; model ${run.digest.slice(0, 19)}….

${table(lines, rows)}

${claims(lines, rows)}
`;
}

const headOf = (text: string): string => text.slice(0, text.indexOf('\n'));

/** The document with this section in the place of the one of the same heading, or at the end. */
export function withSection(document: string, made: string): string {
  const parts = document.split(/^(?=## )/m);
  const at = parts.findIndex((part) => headOf(part) === headOf(made));
  if (at < 0) return `${document.trimEnd()}\n\n${made}`;
  return [...parts.slice(0, at), at < parts.length - 1 ? `${made}\n` : made, ...parts.slice(at + 1)].join('');
}
