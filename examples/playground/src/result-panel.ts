import type { Attribution } from '@sightline/core';
import { byId, make, percent } from './dom.ts';

/** What is said of the explanation on show, and the buttons that need one. */
export class ResultPanel {
  readonly #caption = byId('caption', HTMLParagraphElement);
  readonly #backend = byId('backend-about', HTMLParagraphElement);
  readonly #buttons = ['measure', 'save-png', 'save-json'].map((id) => byId(id, HTMLButtonElement));

  clear(): void {
    this.#caption.replaceChildren();
    this.#backend.textContent = '';
    for (const button of this.#buttons) button.disabled = true;
  }

  show(found: Attribution, label: string): void {
    const constant = found.heat.data.every((value) => value === 0);
    this.#caption.replaceChildren(
      make('b', {}, label),
      ` ${percent(found.probability)} · ${found.title} · ${Math.round(found.milliseconds)} ms`,
      constant ? ' · the map is empty: nothing here speaks for this class' : '',
    );
    const reasons = Object.entries(found.refusals).map(([name, reason]) => `${name} did not: ${reason}.`);
    this.#backend.textContent = [`This one ran on ${found.backend}.`, ...reasons].join(' ');
    for (const button of this.#buttons) button.disabled = false;
  }
}
