import type { Evaluation, PluginInfo } from '@sightline/core';
import { curve } from './curve.ts';
import { byId, make } from './dom.ts';

/** One card a metric: its value, in words which way is better, and its curve where it has one. */
export class MetricsPanel {
  readonly #box = byId('metrics', HTMLDivElement);

  clear(): void {
    this.#box.replaceChildren();
  }

  add({ title, name }: PluginInfo, { value, better, details, milliseconds }: Evaluation): void {
    const parts = Object.entries(details).filter((entry): entry is [string, number] => typeof entry[1] === 'number');
    const words = [
      `${better} is better`,
      ...parts.map(([part, number]) => `${spaced(part)} ${short(number)}`),
      `${Math.round(milliseconds)} ms`,
    ];
    const card = make(
      'article',
      { class: 'metric', 'data-testid': `metric-${name}` },
      make('h3', {}, title),
      make('span', { class: 'value', 'data-value': value }, short(value)),
      make('p', {}, words.join(' · ')),
    );
    const values = details['curve'];
    if (Array.isArray(values) && values.length > 1) {
      card.append(
        curve(
          `${title}: the class's probability, ${short(values[0] as number)} at first and ${short(values.at(-1) as number)} at the end`,
          values as readonly number[],
          sharesOf(details),
        ),
      );
    }
    this.#box.append(card);
  }
}

/** How much of the picture each point of the curve stands for, where the metric says so in counts. */
function sharesOf(details: Evaluation['details']): readonly number[] | undefined {
  const counts = details['counts'];
  if (typeof counts !== 'object' || !counts.length) return undefined;
  const last = counts.at(-1) || 1;
  return counts.map((count) => count / last);
}

const spaced = (name: string): string =>
  name
    .replace(/([a-z])([A-Z])/g, '$1 $2')
    .replaceAll('-', ' ')
    .toLowerCase();
export const short = (value: number): string =>
  Number.isFinite(value) ? Number(value.toPrecision(3)).toString() : String(value);
