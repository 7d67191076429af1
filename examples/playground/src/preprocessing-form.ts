import type { LoadOptions } from '@sightline/core';
import { byId, make } from './dom.ts';

type Preprocessing = NonNullable<LoadOptions['preprocessing']>;

interface Preset {
  readonly title: string;
  readonly mean255: readonly number[];
  readonly std255: readonly number[];
}
const presets: Readonly<Record<string, Preset>> = {
  imagenet: { title: 'ImageNet', mean255: [123.675, 116.28, 103.53], std255: [58.395, 57.12, 57.375] },
  unit: { title: '0 … 1', mean255: [0, 0, 0], std255: [255, 255, 255] },
  signed: { title: '−1 … 1', mean255: [127.5, 127.5, 127.5], std255: [127.5, 127.5, 127.5] },
  bytes: { title: '0 … 255', mean255: [0, 0, 0], std255: [1, 1, 1] },
};

/** How pictures become input: a preset, or the user's own mean and deviation. */
export class PreprocessingForm {
  readonly #preset = byId('preset', HTMLSelectElement);
  readonly #mean = byId('mean', HTMLInputElement);
  readonly #std = byId('std', HTMLInputElement);
  readonly #order = byId('order', HTMLSelectElement);
  readonly #fit = byId('fit', HTMLSelectElement);
  #edited = false;

  constructor(apply: () => void) {
    this.#preset.append(
      ...Object.entries(presets).map(([value, { title }]) => make('option', { value }, title)),
      make('option', { value: 'custom' }, 'custom'),
    );
    this.#preset.addEventListener('change', () => {
      const preset = presets[this.#preset.value];
      if (preset) this.#numbers(preset);
    });
    for (const input of [this.#mean, this.#std]) input.addEventListener('input', () => (this.#preset.value = 'custom'));
    const form = byId('preprocessing-form', HTMLFormElement);
    for (const kind of ['input', 'change']) form.addEventListener(kind, () => (this.#edited = true));
    form.addEventListener('submit', (event) => {
      event.preventDefault();
      apply();
    });
  }

  show({ mean255, std255, channelOrder, fit }: Preprocessing): void {
    if (mean255 && std255) {
      const same = Object.entries(presets).find(
        ([, preset]) => String(preset.mean255) === String(mean255) && String(preset.std255) === String(std255),
      );
      this.#preset.value = same?.[0] ?? 'custom';
      this.#numbers({ mean255, std255 });
    }
    if (channelOrder) this.#order.value = channelOrder;
    if (fit) this.#fit.value = fit;
    this.#edited = false;
  }

  /** What the user has set since the last model came, or else what most networks want: ImageNet's. */
  forNewModel(): Preprocessing {
    if (this.#edited) return this.read();
    const { mean255, std255 } = presets['imagenet']!;
    return { mean255, std255, channelOrder: 'RGB', fit: 'crop' };
  }

  /** Throws with a sentence for the user. */
  read(): Preprocessing {
    const channelOrder = this.#order.value as NonNullable<Preprocessing['channelOrder']>;
    const count = channelOrder === 'gray' ? 1 : 3;
    const std255 = numbers(this.#std, 'deviation', count);
    if (std255.some((value) => value === 0)) throw new Error('A deviation of 0 cannot be divided by.');
    return {
      mean255: numbers(this.#mean, 'mean', count),
      std255,
      channelOrder,
      fit: this.#fit.value as NonNullable<Preprocessing['fit']>,
    };
  }

  #numbers({ mean255, std255 }: Pick<Preset, 'mean255' | 'std255'>): void {
    this.#mean.value = mean255.join(', ');
    this.#std.value = std255.join(', ');
  }
}

/** As many numbers as there are channels; one stands for all. */
function numbers(input: HTMLInputElement, what: string, count: number): readonly number[] {
  const values = input.value
    .split(/[\s,;]+/)
    .filter((word) => word !== '')
    .map(Number);
  const fits = (values.length === 1 || values.length >= count) && values.every(Number.isFinite);
  if (!fits)
    throw new Error(`The ${what} must be one number or ${count}, with commas between; it is "${input.value}".`);
  return values.length === 1 ? Array.from({ length: count }, () => values[0]!) : values.slice(0, count);
}
