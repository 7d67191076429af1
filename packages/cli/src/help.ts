import { flagsOf, type Command } from './arguments.ts';
import type { Plugin } from '@sightline/core/plugin';

type OptionSchema = Plugin['options'][string];

const columns = (rows: readonly (readonly [string, string])[]): string => {
  const width = Math.min(34, Math.max(0, ...rows.map(([left]) => left.length)));
  return rows
    .map(([left, right]) =>
      left.length > width ? `  ${left}\n  ${' '.repeat(width)}  ${right}` : `  ${left.padEnd(width)}  ${right}`,
    )
    .join('\n');
};

export function overview(commands: readonly Command[]): string {
  return `sightline: explains image classifiers in ONNX files.

Usage: sightline COMMAND …

Commands
${columns(commands.map(({ name, summary }) => [name, summary]))}

Each has its own help: sightline COMMAND --help. Also: sightline --version.
MODEL is an .onnx file, or the word scenes: the small model that comes with Sightline.

Example
  sightline explain scenes scene:1 --method grad-cam --png map.png
`;
}

export function helpFor(command: Command, plugins: readonly string[] = [], plugin?: Plugin): string {
  const rows = flagsOf(command).map(({ name, short, value, repeatable, help }): [string, string] => [
    `${short ? `-${short}, ` : ''}--${name}${value ? ` ${value}` : ''}`,
    repeatable ? `${help} (repeatable)` : help,
  ]);
  const parts = [
    `sightline ${command.name}: ${command.summary}`,
    `Usage: sightline ${command.name} ${command.positionals.join(' ')} [options]`,
    `Options\n${columns(rows)}`,
  ];
  if (plugin) parts.push(`${plugin.title} (${plugin.paper}): what --option takes\n${optionTable(plugin)}`);
  else if (plugins.length > 0) parts.push(`Installed: ${plugins.join(', ')}`);
  if (command.notes) parts.push(command.notes);
  parts.push(`Examples\n${command.examples.map((line) => `  ${line}`).join('\n')}`);
  return `${parts.join('\n\n')}\n`;
}

function optionTable(plugin: Plugin): string {
  const schemas = Object.entries(plugin.options);
  return schemas.length === 0
    ? '  nothing'
    : columns(schemas.map(([name, schema]) => [`${name}=${kind(schema)}`, `${schema.description}${initial(schema)}`]));
}
function kind(schema: OptionSchema): string {
  switch (schema.kind) {
    case 'number':
    case 'integer':
      return `${schema.min}…${schema.max}`;
    case 'boolean':
      return 'true|false';
    case 'choice':
      return schema.choices.join('|');
    case 'layer':
      return schema.several ? 'TENSOR,…' : 'TENSOR';
    case 'tensor':
      return '@FILE.npy';
  }
}
const initial = (schema: OptionSchema): string => (schema.default === undefined ? '' : ` [${String(schema.default)}]`);
