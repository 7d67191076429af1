import type { AnyTensor, Target } from '@sightline/core';
import type { Plugin } from '@sightline/core/plugin';
import type { Arguments } from './arguments.ts';
import { UsageError } from './errors.ts';

/** Numbers with commas between them; undefined where one of them is none. */
export function numberList(text: string): number[] | undefined {
  const list = text.split(',').map((part) => (part.trim() === '' ? NaN : Number(part)));
  return list.some((value) => !Number.isFinite(value)) ? undefined : list;
}

/** --target: a class, or the top one. */
export function targetFrom(args: Arguments): number | 'top' {
  const text = args.get('target') ?? 'top';
  if (text === 'top') return 'top';
  const index = /^\d+$/.test(text.trim()) ? Number(text) : NaN;
  if (Number.isSafeInteger(index)) return index;
  throw new UsageError(`--target must be the number of a class, from 0, or top, not '${text}'`);
}
export const isOneClass = ({ weights }: Target): boolean => weights.length === 1 && weights[0]![1] === 1;

/**
 * The words of --option k=v as the plugin's schema wants them. What does not fit is passed on as it is: the plugin's own
 * check knows the range and the near names, and says so.
 */
export async function optionsFrom(
  pairs: readonly string[],
  plugin: { readonly name: string; readonly options: Plugin['options'] },
  readTensor: (path: string) => Promise<AnyTensor>,
): Promise<Record<string, unknown>> {
  const options = new Map<string, unknown>(); // not an object: `__proto__` is a name like any other, for the plugin to refuse
  for (const pair of pairs) {
    const at = pair.indexOf('=');
    const [name, text] = [pair.slice(0, at), pair.slice(at + 1)];
    if (at < 1) throw new UsageError(`--option must be NAME=VALUE, not '${pair}'`);
    if (options.has(name)) throw new UsageError(`--option ${name} is given twice`);
    const schema = Object.hasOwn(plugin.options, name) ? plugin.options[name] : undefined;
    const kind = schema?.kind;
    if (text.startsWith('@') && kind !== undefined && kind !== 'tensor' && kind !== 'layer') {
      throw new UsageError(`${plugin.name}: option '${name}' takes ${wanted[kind]}, not a file`);
    }
    options.set(name, kind === 'tensor' ? await tensorFrom(text, name, plugin.name, readTensor) : word(text, schema));
  }
  return Object.fromEntries(options);
}
const wanted = { number: 'a number', integer: 'a whole number', boolean: 'true or false', choice: 'a word' } as const;

async function tensorFrom(
  text: string,
  name: string,
  plugin: string,
  readTensor: (path: string) => Promise<AnyTensor>,
): Promise<AnyTensor> {
  if (text.startsWith('@')) return readTensor(text.slice(1));
  const list = numberList(text);
  if (!list)
    throw new UsageError(
      `${plugin}: option '${name}' takes a tensor: ${name}=@FILE.npy, or numbers with commas, not '${text}'`,
    );
  return { type: 'float32', dims: [list.length], data: Float32Array.from(list) };
}

/** One word of the command line as its schema wants it; several layers have commas between them. */
export function word(text: string, schema: Plugin['options'][string] | undefined): unknown {
  const kind = schema?.kind;
  if (schema?.kind === 'layer' && schema.several) return text.split(',').map((name) => name.trim());
  if (kind === 'number' || kind === 'integer') {
    const value = text.trim() === '' ? NaN : Number(text);
    return Number.isNaN(value) ? text : value;
  }
  if (kind === 'boolean') return text === 'true' ? true : text === 'false' ? false : text;
  return text;
}
