import type { ModelSummary, PluginInfo } from '@sightline/core';
import { byId, make } from './dom.ts';
import { OptionsForm } from './options-form.ts';
import { choose, reasonAgainst } from './suits.ts';

/** The list of methods, of which a network may rule some out, and the options of the one that is chosen. */
export class MethodForm {
  readonly #select = byId('method', HTMLSelectElement);
  readonly #about = byId('method-about', HTMLParagraphElement);
  readonly #options = new OptionsForm();
  #methods: readonly PluginInfo[] = [];
  #model: ModelSummary | undefined;
  /** The user's last choice: taken up again by the next network that it suits. */
  #wanted: string | undefined;

  constructor(changed: () => void, explain: () => void) {
    this.#select.addEventListener('change', () => {
      this.#wanted = this.#select.value;
      this.#describe();
      changed();
    });
    byId('method-form', HTMLFormElement).addEventListener('submit', (event) => {
      event.preventDefault();
      explain();
    });
  }

  get method(): PluginInfo | undefined {
    return this.#methods.find(({ name }) => name === this.#select.value);
  }

  values(): Record<string, unknown> {
    return this.#options.values();
  }

  /** Chooses one that suits the network; the others stay in the list, each with the reason. */
  offer(methods: readonly PluginInfo[], model: ModelSummary): void {
    this.#methods = methods;
    this.#model = model;
    const suitable = methods.filter((method) => reasonAgainst(method, model) === undefined);
    const chosen = choose(suitable, this.#wanted);
    this.#select.replaceChildren(
      ...methods.map((method) => {
        const { name, title } = method;
        const reason = reasonAgainst(method, model);
        const text = reason === undefined ? title : `${title} · not for this network`;
        return make('option', { value: name, title: reason, disabled: reason !== undefined }, text);
      }),
    );
    this.#select.value = chosen?.name ?? '';
    byId('explain', HTMLButtonElement).disabled = chosen === undefined;
    this.#describe();
  }

  #describe(): void {
    const { method } = this;
    if (!method || !this.#model) return;
    this.#options.show(method, this.#model);
    const link = make('a', { href: method.paper, target: '_blank', rel: 'noopener' }, 'paper');
    const claims = method.claims.length > 0 ? `Claims: ${method.claims.join(', ').replaceAll('-', ' ')}. ` : '';
    this.#about.replaceChildren(claims, link, this.#others(this.#model));
  }

  /** In words as well: nobody hovers on a phone. */
  #others(model: ModelSummary): string {
    const reasons = this.#methods
      .map((method) => reasonAgainst(method, model))
      .filter((reason) => reason !== undefined);
    if (reasons.length === 0) return '';
    return ` · ${reasons.length} methods are not for this network: ${[...new Set(reasons)].join('; ')}.`;
  }
}
