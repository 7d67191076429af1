/**
 * Writes the tables of methods and metrics in README.md, between markers, from the plugins' own specs.
 * `--check` changes nothing and fails where a table is stale.
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { entries, plugins, root } from './lib/packages.mjs';

const check = process.argv.includes('--check');
const file = join(root, 'README.md');
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

function withTable(text, kind) {
  const { head } = columns[kind];
  const table = [row(head), row(head.map(() => '---')), ...rows[kind]].join('\n');
  const [begin, end] = [`<!-- ${kind}s: written by npm run docs -->`, `<!-- /${kind}s -->`];
  const [from, to] = [text.indexOf(begin), text.indexOf(end)];
  if (from < 0 || to < from) throw new Error(`README.md lacks the markers '${begin}' and '${end}'`);
  return `${text.slice(0, from)}${begin}\n\n${table}\n\n${text.slice(to)}`;
}

if (!existsSync(file)) throw new Error('README.md is missing');
const before = readFileSync(file, 'utf8');
const after = withTable(withTable(before, 'method'), 'metric');
if (before !== after && check) {
  console.error('README.md: the tables are stale; run npm run docs');
  process.exit(1);
}
if (before !== after) writeFileSync(file, after);
console.log(
  `README.md: ${rows.method.length} methods, ${rows.metric.length} metrics${before === after ? '' : ' (written)'}`,
);
