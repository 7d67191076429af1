import type { LoadOptions, ModelSummary } from '@sightline/core';
import { byId, make } from './dom.ts';

type Preprocessing = ModelSummary['preprocessing'];
type Order = Preprocessing['channelOrder'];

/** Values in the order RGB; one stands for every channel. */
interface Preset {
  readonly title: string;
  readonly mean255: readonly number[];
  readonly std255: readonly number[];
}
const presets: Readonly<Record<string, Preset>> = {
  imagenet: { title: 'ImageNet', mean255: [123.675, 116.28, 103.53], std255: [58.395, 57.12, 57.375] },
  unit: { title: '0 … 1', mean255: [0], std255: [255] },
  signed: { title: '−1 … 1', mean255: [127.5], std255: [127.5] },
  bytes: { title: '0 … 255', mean255: [0], std255: [1] },
};

/** How pictures become input: a preset, or the user's own mean and deviation. It offers what fits the loaded model. */
export class PreprocessingForm {
  readonly #preset = byId('preset', HTMLSelectElement);
  readonly #mean = byId('mean', HTMLInputElement);
  readonly #std = byId('std', HTMLInputElement);
  readonly #order = byId('order', HTMLSelectElement);
  readonly #fit = byId('fit', HTMLSelectElement);
  #channels = 3;
  #edited = false;

  constructor(apply: () => void) {
    for (const select of [this.#preset, this.#order]) select.addEventListener('change', () => this.#fill());
    for (const input of [this.#mean, this.#std]) input.addEventListener('input', () => (this.#preset.value = 'custom'));
    const form = byId('preprocessing-form', HTMLFormElement);
    for (const kind of ['input', 'change']) form.addEventListener(kind, () => (this.#edited = true));
    form.addEventListener('submit', (event) => {
      event.preventDefault();
      apply();
    });
  }

  /** What the loaded model takes. */
  show({ mean255, std255, channelOrder, fit }: Preprocessing): void {
    this.#channels = mean255.length;
    const orders: readonly Order[] = this.#channels === 3 ? ['RGB', 'BGR'] : [channelOrder];
    this.#order.replaceChildren(...orders.map((order) => make('option', { value: order }, order)));
    this.#order.value = channelOrder;
    const fitting = Object.entries(presets).filter(([, preset]) => [1, this.#channels].includes(preset.mean255.length));
    this.#preset.replaceChildren(
      ...fitting.map(([value, { title }]) => make('option', { value }, title)),
      make('option', { value: 'custom' }, 'custom'),
    );
    const same = fitting.find(
      ([, preset]) =>
        String(this.#inOrder(preset.mean255)) === String(mean255) &&
        String(this.#inOrder(preset.std255)) === String(std255),
    );
    this.#preset.value = same?.[0] ?? 'custom';
    this.#mean.value = mean255.join(', ');
    this.#std.value = std255.join(', ');
    this.#fit.value = fit;
    this.#edited = false;
  }

  /** What the user has set since the last model came: nothing leaves it to the model. Throws with a sentence for the user. */
  edited(): LoadOptions['preprocessing'] {
    return this.#edited ? this.read() : undefined;
  }

  /** Throws with a sentence for the user. */
  read(): NonNullable<LoadOptions['preprocessing']> {
    const mean255 = numbers(this.#mean, 'mean', this.#channels);
    const std255 = numbers(this.#std, 'deviation', this.#channels);
    if (std255.some((value) => value <= 0))
      throw new Error('A deviation must be more than 0: values are divided by it.');
    return { mean255, std255, channelOrder: this.#order.value as Order, fit: this.#fit.value as Preprocessing['fit'] };
  }

  /** The chosen preset's numbers; those of the user stay as they are. */
  #fill(): void {
    const preset = presets[this.#preset.value];
    if (!preset) return;
    this.#mean.value = this.#inOrder(preset.mean255).join(', ');
    this.#std.value = this.#inOrder(preset.std255).join(', ');
  }

  #inOrder(values: readonly number[]): readonly number[] {
    if (values.length === 1) return Array.from({ length: this.#channels }, () => values[0]!);
    return this.#order.value === 'BGR' ? [...values].reverse() : values;
  }
}

/** As many numbers as there are channels; one stands for all. */
function numbers(input: HTMLInputElement, what: string, count: number): readonly number[] {
  const values = input.value
    .split(/[\s,;]+/)
    .filter((word) => word !== '')
    .map(Number);
  const fits = (values.length === 1 || values.length === count) && values.every(Number.isFinite);
  const right = count === 1 ? 'one number' : `one number or ${count}, with commas between`;
  if (!fits) throw new Error(`The ${what} must be ${right}; it is "${input.value}".`);
  return values.length === 1 ? Array.from({ length: count }, () => values[0]!) : values;
}
