import type { Evaluation, PluginInfo } from '@sightline/core';
import { curve } from './curve.ts';
import { byId, make } from './dom.ts';
import { short, wordsOf } from './metric-words.ts';

/** One card a metric: its value, in words which way is better, and its curve where it has one. */
export class MetricsPanel {
  readonly #box = byId('metrics', HTMLDivElement);

  clear(): void {
    this.#box.replaceChildren();
  }

  add({ title, name }: PluginInfo, evaluation: Evaluation): void {
    const { value, better, details, milliseconds } = evaluation;
    const { said, kept } = wordsOf(evaluation);
    const words = [`${better} is better`, ...said, `${Math.round(milliseconds)} ms`];
    const card = make(
      'article',
      { class: 'metric', 'data-testid': `metric-${name}` },
      make('h3', {}, title),
      make('span', { class: 'value', 'data-value': value }, short(value)),
      make('p', { title: kept || undefined }, words.join(' · ')),
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
