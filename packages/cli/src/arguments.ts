import { parseArgs } from 'node:util';
import { near } from '@sightline/core';
import { UsageError } from './errors.ts';

/** An option of a command: a switch, or one that takes a value. */
export interface Flag {
  readonly name: string;
  readonly short?: string;
  /** What stands for the value in the help; a switch has none. */
  readonly value?: string;
  readonly repeatable?: boolean;
  readonly help: string;
}
export interface Command {
  readonly name: string;
  readonly summary: string;
  /** Names of the arguments that must be there, in order. */
  readonly positionals: readonly string[];
  readonly flags: readonly Flag[];
  readonly examples: readonly string[];
  readonly notes?: string;
  run(args: Arguments, signal: AbortSignal): Promise<void>;
}

const help: Flag = { name: 'help', short: 'h', help: 'show this help' };
export const flagsOf = (command: Command): readonly Flag[] => [...command.flags, help];

/** A command's arguments, checked against what it knows. */
export class Arguments {
  readonly positionals: readonly string[];
  readonly #values: ReadonlyMap<string, readonly string[]>;
  constructor(positionals: readonly string[], values: ReadonlyMap<string, readonly string[]>) {
    this.positionals = positionals;
    this.#values = values;
  }
  has(name: string): boolean {
    return this.#values.has(name);
  }
  all(name: string): readonly string[] {
    return this.#values.get(name) ?? [];
  }
  get(name: string): string | undefined {
    return this.all(name)[0];
  }
  require(name: string, placeholder: string): string {
    const value = this.get(name);
    if (value === undefined) throw new UsageError(`--${name} ${placeholder} is missing`);
    return value;
  }
  /** One of a few words. */
  choice<const T extends string>(name: string, choices: readonly T[]): T | undefined {
    const value = this.get(name);
    if (value === undefined || choices.includes(value as T)) return value as T | undefined;
    throw new UsageError(`--${name} must be one of ${choices.join(', ')}, not '${value}'`);
  }
  number(name: string, min: number, max: number): number | undefined {
    const text = this.get(name);
    if (text === undefined) return undefined;
    const value = text.trim() === '' ? NaN : Number(text);
    if (value >= min && value <= max) return value;
    throw new UsageError(`--${name} must be a number from ${min} to ${max}, not '${text}'`);
  }
}

/**
 * Checks the words after the command's name. Node's own parser reads them loosely and what it read is judged here, so that
 * a complaint is one line that says what would be right.
 */
export function parse(command: Command, words: readonly string[]): Arguments {
  const flags = flagsOf(command);
  const { tokens } = parseArgs({
    args: [...words],
    strict: false,
    tokens: true,
    allowPositionals: true,
    options: Object.fromEntries(
      flags.map(({ name, short, value }) => [
        name,
        { type: value ? ('string' as const) : ('boolean' as const), ...(short && { short }) },
      ]),
    ),
  });
  const positionals: string[] = [];
  const values = new Map<string, string[]>();
  for (const token of tokens) {
    if (token.kind === 'positional') positionals.push(token.value);
    if (token.kind !== 'option') continue;
    const flag = flags.find(({ name }) => name === token.name);
    if (!flag) throw unknownOption(command, token.rawName);
    if (flag.value === undefined && token.value !== undefined) throw new UsageError(`${token.rawName} takes no value`);
    const next =
      token.value !== undefined && !token.inlineValue && flags.some(({ name }) => token.value === `--${name}`);
    if (flag.value !== undefined && (token.value === undefined || token.value === '' || next)) {
      throw new UsageError(`${token.rawName} needs a value: ${token.rawName} ${flag.value}`);
    }
    const list = values.get(flag.name) ?? [];
    if (list.length > 0 && flag.value !== undefined && !flag.repeatable)
      throw new UsageError(`${token.rawName} is given twice`);
    values.set(flag.name, [...list, token.value ?? '']);
  }
  if (!values.has('help')) checkCount(command, positionals);
  return new Arguments(positionals, values);
}

function checkCount({ name, positionals: wanted }: Command, given: readonly string[]): void {
  const missing = wanted.slice(given.length);
  if (missing.length > 0) {
    throw new UsageError(`${missing.join(' and ')} missing: sightline ${name} ${wanted.join(' ')} …`);
  }
  const extra = given[wanted.length];
  if (extra !== undefined) {
    throw new UsageError(`'${extra}' is one argument too many: sightline ${name} takes ${wanted.join(' and ')}`);
  }
}

function unknownOption(command: Command, given: string): UsageError {
  const names = flagsOf(command).map(({ name }) => name);
  const close = slips(given.replace(/^-+/, ''), names).map((name) => `--${name}`);
  const hint = close.length > 0 ? `did you mean ${close.join(' or ')}?` : `see sightline ${command.name} --help`;
  return new UsageError(`sightline ${command.name} has no option '${given}': ${hint}`);
}

/** The names that a slip of the finger could have made of `given`: sharing enough letters, in order, to be meant. */
export function slips(given: string, names: readonly string[]): string[] {
  const likely = (name: string): boolean => {
    const [short, long] = [given, name].sort((a, b) => a.length - b.length) as [string, string];
    if (short.length >= 3 && long.includes(short)) return true;
    return commonLetters(given.toLowerCase(), name.toLowerCase()) >= 0.6 * long.length;
  };
  return near(given, names, 3).filter(likely);
}

/** Length of the longest common subsequence. */
export function commonLetters(a: string, b: string): number {
  let row: number[] = new Array<number>(b.length + 1).fill(0);
  for (const letter of a) {
    const next = [0];
    for (let j = 1; j <= b.length; j++) {
      next.push(letter === b[j - 1] ? row[j - 1]! + 1 : Math.max(row[j]!, next[j - 1]!));
    }
    row = next;
  }
  return row[b.length]!;
}
