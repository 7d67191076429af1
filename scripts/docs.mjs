/**
 * Writes the tables of methods and metrics in README.md, between markers, from the plugins' own specs, and what runs where in
 * docs/backends.md, from the backends themselves.
 * `--check` changes nothing and fails where a table is stale.
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { backendTable } from './lib/backend-table.mjs';
import { entries, plugins, root } from './lib/packages.mjs';

const check = process.argv.includes('--check');
const cell = (text) => String(text).replaceAll('|', '\\|').replaceAll('\n', ' ');
const row = (cells) => `| ${cells.map(cell).join(' | ')} |`;
const codes = (words) => (words.length === 0 ? '–' : words.map((word) => `\`${word}\``).join(', '));

const link = (pkg, spec) => `[\`${spec.name}\`](${pkg.where})`;
const columns = {
  method: {
    head: ['Method', 'What it is', 'Paper', 'Needs', 'Claims'],
    cells: (pkg, spec) => [link(pkg, spec), spec.title, spec.paper, codes(spec.needs), codes(spec.claims)],
  },
  metric: {
    head: ['Metric', 'What it is', 'Paper', 'Better', 'Needs'],
    cells: (pkg, spec) => [link(pkg, spec), spec.title, spec.paper, spec.better, codes(spec.needs)],
  },
};

const rows = { method: [], metric: [] };
for (const pkg of plugins()) {
  const entry = entries(pkg).find(({ key }) => key === '.');
  if (!entry || !existsSync(entry.source)) continue;
  const { default: spec } = await import(pathToFileURL(entry.source).href);
  if (spec?.kind !== pkg.kind) throw new Error(`${pkg.where}: the default export is not a ${pkg.kind}`);
  rows[pkg.kind].push(row(columns[pkg.kind].cells(pkg, spec)));
}

/** The text with what stands between a table's markers replaced. */
function withTable(file, text, kind, head, rows) {
  const table = [row(head), row(head.map(() => '---')), ...rows].join('\n');
  const [begin, end] = [`<!-- ${kind}: written by npm run docs -->`, `<!-- /${kind} -->`];
  const [from, to] = [text.indexOf(begin), text.indexOf(end)];
  if (from < 0 || to < from) throw new Error(`${file} lacks the markers '${begin}' and '${end}'`);
  return `${text.slice(0, from)}${begin}\n\n${table}\n\n${text.slice(to)}`;
}

/** A file with its tables as they should be; with --check one that is not is an error. */
function keep(name, tables, what) {
  const file = join(root, name);
  if (!existsSync(file)) throw new Error(`${name} is missing`);
  const before = readFileSync(file, 'utf8');
  const after = tables.reduce((text, [kind, head, rows]) => withTable(name, text, kind, head, rows), before);
  if (before !== after && check) {
    console.error(`${name}: the tables are stale; run npm run docs`);
    process.exitCode = 1;
    return;
  }
  if (before !== after) writeFileSync(file, after);
  console.log(`${name}: ${what}${before === after ? '' : ' (written)'}`);
}

keep(
  'README.md',
  ['method', 'metric'].map((kind) => [`${kind}s`, columns[kind].head, rows[kind]]),
  `${rows.method.length} methods, ${rows.metric.length} metrics`,
);
const [head, ops] = await backendTable();
keep('docs/backends.md', [['backends', head, ops.map(row)]], `${ops.length} ops on ${head.length - 1} backends`);
