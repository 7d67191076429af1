import type { ModelSummary, PluginInfo } from '@sightline/core';
import { byId, make } from './dom.ts';

type Schema = PluginInfo['options'][string];
type Read = () => unknown;

/** A form made of a plugin's option schemas, so that a new plugin needs no page of its own. */
export class OptionsForm {
  readonly #box = byId('options', HTMLDivElement);
  #reads = new Map<string, Read>();

  show(plugin: PluginInfo, model: ModelSummary): void {
    this.#box.replaceChildren();
    this.#reads = new Map();
    for (const [name, schema] of Object.entries(plugin.options)) {
      // A tensor comes from a program, not from a form.
      if (schema.kind === 'tensor') continue;
      const id = `option-${name}`;
      const [field, read] = control(schema, id, model);
      field.setAttribute('aria-describedby', `${id}-note`);
      const range = schema.kind === 'number' || schema.kind === 'integer' ? rangeOf(schema.min, schema.max) : '';
      const note = make('p', { class: 'note', id: `${id}-note` }, schema.description + range);
      this.#box.append(make('label', { for: id }, name), field, note);
      this.#reads.set(name, read);
    }
  }

  /** What differs from nothing at all: every option that the form shows. */
  values(): Record<string, unknown> {
    return Object.fromEntries([...this.#reads].map(([name, read]) => [name, read()]));
  }
}

const rangeOf = (min: number, max: number): string => (max >= 1e6 && min <= 0 ? '' : ` (${min} … ${max})`);

function control(schema: Exclude<Schema, { kind: 'tensor' }>, id: string, model: ModelSummary): [HTMLElement, Read] {
  switch (schema.kind) {
    case 'number':
    case 'integer': {
      const step = schema.kind === 'integer' ? 1 : 'any';
      const { min, max } = schema;
      const input = make('input', { id, type: 'number', min, max, step, value: schema.default, required: true });
      return [input, () => input.valueAsNumber];
    }
    case 'boolean': {
      const input = make('input', { id, type: 'checkbox', checked: schema.default });
      return [input, () => input.checked];
    }
    case 'choice': {
      const select = make(
        'select',
        { id },
        ...schema.choices.map((value) => option(value, value, value === schema.default)),
      );
      return [select, () => select.value];
    }
    case 'layer': {
      // Deep layers first: these are what a CAM is about.
      const layers = [...model.layers]
        .reverse()
        .map(({ name, dims }) => option(name, `${name}  (${dims.join(' × ')})`, name === schema.default));
      const select = make(
        'select',
        { id },
        option('auto', 'auto: the last before the classifier', schema.default === 'auto'),
        ...layers,
      );
      return [select, () => select.value];
    }
  }
}

const option = (value: string, text: string, selected: boolean): HTMLOptionElement =>
  make('option', { value, selected }, text);
