import type { BackendChoice } from '@sightline/core';
import backends from 'virtual:backends';
import { byId, make } from './dom.ts';

/** Where the network runs: the CPU, which is always there, or what else this browser has. What it lacks is shown with the reason. */
export class BackendForm {
  readonly #form = byId('backends', HTMLFieldSetElement);

  constructor(chosen: (backend: BackendChoice | undefined) => void) {
    this.#add('cpu', 'CPU', '', () => chosen(undefined)).checked = true;
    for (const backend of backends) {
      const note = make('small', { id: `backend-${backend.name}-note` }, 'looking …');
      const button = this.#add(backend.name, backend.title ?? backend.name, note, () => chosen(backend()));
      button.disabled = true;
      button.setAttribute('aria-describedby', note.id);
      void this.#probe(backend).then((reason) => {
        button.disabled = reason !== undefined;
        note.textContent = reason ?? '';
      });
    }
  }

  async #probe(backend: (typeof backends)[number]): Promise<string | undefined> {
    try {
      return await backend.probe?.();
    } catch (error) {
      return (error as Error).message;
    }
  }

  #add(name: string, title: string, note: HTMLElement | '', choose: () => void): HTMLInputElement {
    const button = make('input', { type: 'radio', name: 'backend', value: name, 'data-testid': `backend-${name}` });
    button.addEventListener('change', choose);
    this.#form.append(make('label', { class: 'check' }, button, ` ${title} `, note));
    return button;
  }
}
