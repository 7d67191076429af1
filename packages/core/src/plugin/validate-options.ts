type Fields = Readonly<Record<string, unknown>>;
const isObject = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** What is wrong with a plugin's `options`: a sentence for each thing. */
export function optionComplaints(options: unknown): string[] {
  if (!isObject(options)) return [`options must be an object of option schemas, not ${describe(options)}`];
  return Object.entries(options).flatMap(([name, schema]) =>
    schemaComplaints(schema).map((complaint) => `options.${name} ${complaint}`),
  );
}

function schemaComplaints(schema: unknown): string[] {
  if (!isObject(schema))
    return [`must be an object such as { kind: 'boolean', default: true }, not ${describe(schema)}`];
  const { kind, description } = schema;
  const found: string[] = [];
  if (description !== undefined && typeof description !== 'string') found.push('has a description that is no string');
  const check = typeof kind === 'string' && Object.hasOwn(checks, kind) ? checks[kind] : undefined;
  if (!check) found.push(`has kind ${describe(kind)}: known are ${Object.keys(checks).join(', ')}`);
  const complaint = check?.(schema);
  return complaint === undefined ? found : [...found, complaint];
}

const isNumber = (value: unknown): value is number => typeof value === 'number' && !Number.isNaN(value);

/** By kind of option: what is wrong, or undefined. */
const checks: Readonly<Record<string, (schema: Fields) => string | undefined>> = {
  number: range,
  integer: (schema) =>
    range(schema) ?? (Number.isInteger(schema['default']) ? undefined : 'must have a whole number as its default'),
  boolean: (schema) =>
    typeof schema['default'] === 'boolean'
      ? undefined
      : `must have a default of true or false, not ${describe(schema['default'])}`,
  choice: ({ choices, default: preset }) => {
    const fits = Array.isArray(choices) && choices.length > 0 && choices.every((word) => typeof word === 'string');
    if (!fits) return `must have choices, a list of strings, not ${describe(choices)}`;
    return (choices as unknown[]).includes(preset)
      ? undefined
      : `must have one of its choices as its default, not ${describe(preset)}`;
  },
  layer: ({ default: preset, several }) => {
    if (several !== undefined && typeof several !== 'boolean') return 'must have several: true, false or nothing';
    return typeof preset === 'string' && preset !== '' ? undefined : "must have a default: 'auto' or a tensor's name";
  },
  tensor: (schema) => (schema['default'] === undefined ? undefined : 'is a tensor, and those have no default'),
};

function range({ min, max, default: preset }: Fields): string | undefined {
  if (!isNumber(min) || !isNumber(max) || !isNumber(preset)) return 'must have the numbers default, min and max';
  return min <= preset && preset <= max ? undefined : `has the default ${preset}, which is not from ${min} to ${max}`;
}

/** What an error shows of a value: short, and never its contents. */
export function describe(value: unknown): string {
  if (value === undefined) return 'missing';
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'a list';
  if (typeof value === 'string') return `'${value.length > 40 ? `${value.slice(0, 40)}…` : value}'`;
  if (typeof value === 'function') return 'a function';
  return typeof value === 'number' || typeof value === 'boolean' ? String(value) : 'an object';
}
