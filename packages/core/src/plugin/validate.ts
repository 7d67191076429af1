import { near, SightlineError } from '../errors.ts';
import type { OptionSchema, OptionSchemas } from './options.ts';
import type { Claim, Method, Metric, Need, Plugin } from './types.ts';
import { describe, optionComplaints } from './validate-options.ts';

// Written as records so that the compiler misses a word when a type gains one.
const needs = Object.keys({
  score: true,
  maskedScore: true,
  maskedSum: true,
  gradient: true,
  activation: true,
  tail: true,
  tap: true,
  tapAtSize: true,
  multipliers: true,
  relevance: true,
  classWeights: true,
} satisfies Record<Need, true>);
const claims = Object.keys({
  completeness: true,
  efficiency: true,
  'sensitive-to-target': true,
  signed: true,
  'non-negative': true,
  seeded: true,
} satisfies Record<Claim, true>);

const kebabCase = /^[a-z][a-z0-9]*(-[a-z0-9]+)*$/;
type Fields = Readonly<Record<string, unknown>>;

/**
 * The plugin, with everything checked that a plain object may have wrong, and what it leaves out filled in: `title` (its
 * name), `paper`, `claims`, `options` (none) and `display` (the size of the numbers, whatever their sign).
 *
 * `where` says where it came from, for the error. Throws `bad-plugin` that names every field that is wrong, and what would be
 * right.
 */
export function validatePlugin(value: unknown, where: string): Plugin {
  const known = typeof value === 'object' && value !== null && validated.get(value);
  if (known) return known;
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    const right = "an object such as { kind: 'method', name: 'my-method', needs: ['score'], async explain(…) {…} }";
    throw bad(where, [`it is ${describe(value)}, and must be ${right}`]);
  }
  const fields = value as Fields;
  const problems = complaints(fields);
  if (problems.length > 0) throw bad(where, problems);
  const plugin = complete(fields);
  validated.set(value, plugin).set(plugin, plugin);
  return plugin;
}
/** The same plugin again is the same object again, so that registering it twice is no clash of names. */
const validated = new WeakMap<object, Plugin>();

const bad = (where: string, problems: readonly string[]): SightlineError =>
  new SightlineError('bad-plugin', `${where} is no plugin: ${problems.join('; ')}`, { where, problems });

function complaints(fields: Fields): string[] {
  const { kind, name, title, paper, display, better, options } = fields;
  const found: string[] = [];
  const check = (right: boolean, complaint: string): void => {
    if (!right) found.push(complaint);
  };
  check(kind === 'method' || kind === 'metric', `kind must be 'method' or 'metric', not ${describe(kind)}`);
  check(
    typeof name === 'string' && kebabCase.test(name),
    `name must be kebab-case, like 'my-method', not ${describe(name)}`,
  );
  check(optional(title, 'string'), `title must be a string, not ${describe(title)}`);
  check(optional(paper, 'string'), `paper must be a string, not ${describe(paper)}`);
  found.push(
    ...wordComplaints('needs', fields['needs'], needs),
    ...wordComplaints('claims', fields['claims'] ?? [], claims),
  );
  if (kind === 'method') {
    check(typeof fields['explain'] === 'function', `explain must be a function, not ${describe(fields['explain'])}`);
    const displays: readonly unknown[] = [undefined, 'positive', 'magnitude'];
    check(displays.includes(display), `display must be 'positive' or 'magnitude', not ${describe(display)}`);
  }
  if (kind === 'metric') {
    check(typeof fields['evaluate'] === 'function', `evaluate must be a function, not ${describe(fields['evaluate'])}`);
    check(better === 'higher' || better === 'lower', `better must be 'higher' or 'lower', not ${describe(better)}`);
  }
  return [...found, ...(options === undefined ? [] : optionComplaints(options))];
}

function wordComplaints(field: string, value: unknown, known: readonly string[]): string[] {
  if (!Array.isArray(value)) return [`${field} must be a list of ${known.join(', ')}, not ${describe(value)}`];
  return value
    .filter((word) => typeof word !== 'string' || !known.includes(word))
    .map((word: unknown) => {
      const hint = typeof word === 'string' ? `did you mean ${near(word, known, 1).join()}? ` : '';
      return `${field} has ${describe(word)}: ${hint}known are ${known.join(', ')}`;
    });
}

const optional = (value: unknown, type: string): boolean => value === undefined || typeof value === type;

/** Known to be right by now. Functions are bound, so that a plugin may be an instance of a class. */
function complete(fields: Fields): Plugin {
  const common = {
    ...fields,
    name: fields['name'] as string,
    title: (fields['title'] ?? fields['name']) as string,
    paper: (fields['paper'] ?? '') as string,
    needs: fields['needs'] as Need[],
    options: describeAll((fields['options'] ?? {}) as OptionSchemas),
  };
  if (fields['kind'] === 'metric') {
    const evaluate = (fields['evaluate'] as Metric['evaluate']).bind(fields);
    return { ...common, kind: 'metric', better: fields['better'] as Metric['better'], evaluate };
  }
  return {
    ...common,
    kind: 'method',
    claims: (fields['claims'] ?? []) as Claim[],
    display: (fields['display'] ?? 'magnitude') as Method['display'],
    explain: (fields['explain'] as Method['explain']).bind(fields),
  };
}

const describeAll = (schemas: OptionSchemas): OptionSchemas =>
  Object.fromEntries(
    Object.entries(schemas).map(([name, schema]): [string, OptionSchema] => [
      name,
      { ...schema, description: schema.description ?? '' },
    ]),
  );
