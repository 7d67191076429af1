import type { Prediction } from '@sightline/core';
import { byId, make, percent } from './dom.ts';

/** The best classes, each a button that explains it. */
export class Predictions {
  readonly #list = byId('predictions', HTMLOListElement);
  readonly #index = byId('class-index', HTMLInputElement);

  constructor(chosen: (index: number) => void) {
    this.#list.addEventListener('click', ({ target }) => {
      const button = target instanceof Element ? target.closest('button') : null;
      if (button) chosen(Number(button.dataset['class']));
    });
    byId('class-form', HTMLFormElement).addEventListener('submit', (event) => {
      event.preventDefault();
      chosen(this.#index.valueAsNumber);
    });
  }

  show(predictions: readonly Prediction[], classes: number): void {
    this.#index.max = String(classes - 1);
    this.#list.replaceChildren(
      ...predictions.map(({ index, label, probability }) =>
        make(
          'li',
          {},
          make(
            'button',
            {
              type: 'button',
              'data-class': index,
              'aria-pressed': 'false',
              style: `--share: ${(100 * probability).toFixed(1)}%`,
            },
            make('span', {}, label ?? `class ${index}`),
            make('span', { class: 'number' }, percent(probability)),
          ),
        ),
      ),
    );
  }

  mark(index: number | undefined): void {
    for (const button of this.#list.querySelectorAll('button')) {
      button.setAttribute('aria-pressed', String(Number(button.dataset['class']) === index));
    }
    if (index !== undefined) this.#index.value = String(index);
  }

  clear(): void {
    this.#list.replaceChildren();
  }
}
