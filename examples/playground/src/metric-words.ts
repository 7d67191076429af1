import type { Evaluation } from '@sightline/core';
import { percent } from './dom.ts';

/** Details that are shares, in the order in which they read well. */
const words: Readonly<Record<string, Readonly<Record<string, (share: string) => string>>>> = {
  'average-drop': {
    Y: (share) => `the class has ${share} in the whole picture`,
    O: (share) => `${share} in what the map shows`,
    D: (share) => `${share} in the rest`,
  },
  'energy-pointing-game': { area: (share) => `the object covers ${share} of the picture` },
};

/** What people understand of a metric's details is said, and the rest of its numbers kept for those who look for them. */
export function wordsOf({ metric, details }: Evaluation): { readonly said: readonly string[]; readonly kept: string } {
  const known = words[metric] ?? {};
  const numbers = Object.entries(details).filter((entry): entry is [string, number] => typeof entry[1] === 'number');
  const said = Object.entries(known).flatMap(([name, say]) => {
    const value = details[name];
    return typeof value === 'number' ? [say(percent(value))] : [];
  });
  const kept = numbers.filter(([name]) => !(name in known)).map(([name, value]) => `${name} ${short(value)}`);
  return { said, kept: kept.join(', ') };
}

export const short = (value: number): string =>
  Number.isFinite(value) ? Number(value.toPrecision(3)).toString() : String(value);
