import { near, SightlineError } from '../errors.ts';
import { isTensor, type AnyTensor } from '../tensor/tensor.ts';

interface Described {
  readonly description: string;
}
export interface NumberOption extends Described {
  readonly kind: 'number' | 'integer';
  readonly default: number;
  readonly min: number;
  readonly max: number;
}
export interface BooleanOption extends Described {
  readonly kind: 'boolean';
  readonly default: boolean;
}
export interface ChoiceOption<T extends string = string> extends Described {
  readonly kind: 'choice';
  readonly default: T;
  readonly choices: readonly T[];
}
/** The name of a spatial tensor; 'auto' is the last one before the classifier. */
export interface LayerOption extends Described {
  readonly kind: 'layer';
  readonly default: string;
  readonly several?: false;
}
/** The same for a method that fuses layers: one name or a list of them; the plugin always gets a list. */
export interface LayersOption extends Described {
  readonly kind: 'layer';
  readonly default: string;
  readonly several: true;
}
/** A tensor handed over from outside, so that every random choice can be fixed; absent by default. */
export interface TensorOption extends Described {
  readonly kind: 'tensor';
  readonly default: undefined;
}
export type OptionSchema = NumberOption | BooleanOption | ChoiceOption | LayerOption | LayersOption | TensorOption;
export type OptionSchemas = Readonly<Record<string, OptionSchema>>;

export type OptionValue<S extends OptionSchema> = S extends NumberOption
  ? number
  : S extends BooleanOption
    ? boolean
    : S extends ChoiceOption<infer T>
      ? T
      : S extends LayersOption
        ? readonly string[]
        : S extends LayerOption
          ? string
          : AnyTensor | undefined;
export type OptionValues<O extends OptionSchemas> = { readonly [K in keyof O]: OptionValue<O[K]> };

type Fields<S extends OptionSchema> = Omit<S, 'kind'>;
export const number = (fields: Fields<NumberOption>): NumberOption => ({ kind: 'number', ...fields });
export const integer = (fields: Fields<NumberOption>): NumberOption => ({ kind: 'integer', ...fields });
export const boolean = (fields: Fields<BooleanOption>): BooleanOption => ({ kind: 'boolean', ...fields });
export const choice = <const T extends string>(fields: Fields<ChoiceOption<T>>): ChoiceOption<T> => ({
  kind: 'choice',
  ...fields,
});
export const layer = (
  description = 'the spatial tensor to explain; auto: the last one before the classifier',
): LayerOption => ({
  kind: 'layer',
  default: 'auto',
  description,
});
export const layers = (
  description = 'the spatial tensors to explain, one or several; auto: the last one before the classifier',
): LayersOption => ({
  kind: 'layer',
  several: true,
  default: 'auto',
  description,
});
export const tensorOption = (description: string): TensorOption => ({
  kind: 'tensor',
  default: undefined,
  description,
});
/** Every plugin that draws lots has this option. */
export const seed = (): NumberOption =>
  integer({ default: 0, min: 0, max: 2 ** 32 - 1, description: 'seed of the random numbers' });

/** Defaults filled in and every value checked. Throws `bad-option` that names the plugin, the option and what would be right. */
export function resolveOptions<O extends OptionSchemas>(
  plugin: string,
  schemas: O,
  given: Readonly<Record<string, unknown>> = {},
): OptionValues<O> {
  for (const name of Object.keys(given)) {
    if (!Object.hasOwn(schemas, name)) {
      const known = Object.keys(schemas);
      const hint = known.length === 0 ? 'it has no options' : `did you mean ${near(name, known).join(', ')}?`;
      throw new SightlineError('bad-option', `${plugin} has no option '${name}': ${hint}`, {
        plugin,
        option: name,
        known,
      });
    }
  }
  const resolved: Record<string, unknown> = {};
  for (const [name, schema] of Object.entries(schemas)) {
    const value = given[name] === undefined ? schema.default : given[name];
    const problem = complaint(schema, value);
    if (problem)
      throw new SightlineError('bad-option', `${plugin}: option '${name}' ${problem}`, {
        plugin,
        option: name,
        value: shown(value),
      });
    resolved[name] = schema.kind === 'layer' && schema.several && typeof value === 'string' ? [value] : value;
  }
  return resolved as OptionValues<O>;
}

function complaint(schema: OptionSchema, value: unknown): string | undefined {
  switch (schema.kind) {
    case 'number':
    case 'integer': {
      const right = `must be ${schema.kind === 'integer' ? 'a whole number' : 'a number'} from ${schema.min} to ${schema.max}`;
      const fits =
        typeof value === 'number' &&
        value >= schema.min &&
        value <= schema.max &&
        (schema.kind === 'number' || Number.isInteger(value));
      return fits ? undefined : `${right}, not ${shown(value)}`;
    }
    case 'boolean':
      return typeof value === 'boolean' ? undefined : `must be true or false, not ${shown(value)}`;
    case 'choice':
      return schema.choices.includes(value as string)
        ? undefined
        : `must be one of ${schema.choices.join(', ')}, not ${shown(value)}`;
    case 'layer':
      if (isName(value)) return undefined;
      if (!schema.several) return `must be the name of a tensor, not ${shown(value)}`;
      return Array.isArray(value) && value.length > 0 && value.every(isName)
        ? undefined
        : `must be the name of a tensor, or a list of such names, not ${shown(value)}`;
    case 'tensor':
      return value === undefined || isTensor(value)
        ? undefined
        : 'must be a tensor {type, dims, data}, with as many numbers as its dims say, and one at least';
  }
}
const isName = (value: unknown): boolean => typeof value === 'string' && value !== '';
/** A value as an error message shows it. */
const shown = (value: unknown): string => (typeof value === 'object' && value !== null ? 'an object' : String(value));
