import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Page } from '../browsers.ts';

export const root = fileURLToPath(new URL('../..', import.meta.url));
export const dist = join(root, 'examples/playground/dist');
const screenshots = join(root, 'test/e2e/screenshots');

/** The playground as its user sees it. */
export class Playground {
  readonly page: Page;
  readonly #engine: string;

  constructor(page: Page, engine: string) {
    this.page = page;
    this.#engine = engine;
  }

  /** Until nothing runs, and a heat map (of the method, if one is named) is shown. */
  async idle(method?: string, timeout = 120_000): Promise<void> {
    await this.page.waitFor(
      `a heat map${method ? ` of ${method}` : ''}`,
      (name) => {
        const { state } = document.body.dataset;
        const shown = document.querySelector<HTMLElement>('#view')?.dataset['method'];
        // Between an explanation and its metrics nothing runs for a moment.
        return (
          state === 'idle' &&
          shown !== undefined &&
          (name === null || shown === name) &&
          document.querySelector('#status')?.textContent === 'Done'
        );
      },
      [method ?? null],
      { timeout },
    );
  }

  text(selector: string): Promise<string> {
    return this.page.evaluate((s) => document.querySelector(s)?.textContent ?? '', selector);
  }

  /** Sets a form field as a user would leave it. */
  async set(selector: string, value: string): Promise<void> {
    await this.page.evaluate(
      (s, v) => {
        const field = document.querySelector<HTMLInputElement | HTMLSelectElement>(s);
        if (!field) throw new Error(`no ${s}`);
        field.value = v;
        field.dispatchEvent(new Event('input', { bubbles: true }));
        field.dispatchEvent(new Event('change', { bubbles: true }));
      },
      selector,
      value,
    );
  }

  /** Puts files into a field, several at once, as a user would choose them. */
  async choose(selector: string, files: Readonly<Record<string, string | Uint8Array>>): Promise<void> {
    const named = Object.entries(files).map(
      ([name, content]) => [name, Buffer.from(content).toString('base64')] as const,
    );
    await this.page.evaluate(
      (s, list) => {
        const chosen = new DataTransfer();
        for (const [name, base64] of list) {
          const bytes = Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0));
          chosen.items.add(new File([bytes], name));
        }
        const field = document.querySelector<HTMLInputElement>(s)!;
        field.files = chosen.files;
        field.dispatchEvent(new Event('change', { bubbles: true }));
      },
      selector,
      named,
    );
  }

  /** Until a method that takes long waits for its button, with no map on show. */
  async waiting(): Promise<void> {
    await this.page.waitFor(
      'the page to wait for Explain',
      () =>
        document.body.dataset['state'] === 'idle' &&
        /press Explain/.test(document.querySelector('#status')?.textContent ?? '') &&
        document.querySelector<HTMLElement>('#view')?.dataset['method'] === undefined,
    );
  }

  async check(selector: string, on: boolean): Promise<void> {
    if ((await this.page.evaluate((s) => document.querySelector<HTMLInputElement>(s)?.checked, selector)) !== on)
      await this.page.click(selector);
  }

  /** A fingerprint of what the canvas shows, and how many colours it has. */
  canvas(): Promise<{ readonly sum: number; readonly colours: number }> {
    return this.page.evaluate(() => {
      const canvas = document.querySelector<HTMLCanvasElement>('#view')!;
      const { data } = canvas.getContext('2d')!.getImageData(0, 0, canvas.width, canvas.height);
      const colours = new Set<number>();
      let sum = 0;
      for (let i = 0; i < data.length; i += 4 * 97) {
        const pixel = data[i]! * 65536 + data[i + 1]! * 256 + data[i + 2]!;
        colours.add(pixel);
        sum = (sum * 31 + pixel) % 1_000_000_007;
      }
      return { sum, colours: colours.size };
    });
  }

  /** Clicks a button that saves, and gives the file's name and bytes in place of a download. */
  async saved(selector: string): Promise<{ readonly name: string; readonly bytes: Buffer }> {
    const { name, base64 } = await this.page.evaluate(async (s) => {
      const { createObjectURL } = URL;
      const { click } = HTMLAnchorElement.prototype;
      try {
        const file = new Promise<{ blob: Blob; name: string }>((resolve, reject) => {
          let blob: Blob | undefined;
          URL.createObjectURL = (object) => {
            blob = object as Blob;
            return createObjectURL.call(URL, object);
          };
          HTMLAnchorElement.prototype.click = function () {
            if (blob) resolve({ blob, name: this.download });
          };
          setTimeout(() => reject(new Error('nothing was saved')), 10_000);
        });
        document.querySelector<HTMLButtonElement>(s)!.click();
        const { blob, name } = await file;
        const url = await new Promise<string>((resolve) => {
          const reader = new FileReader();
          reader.onload = () => resolve(reader.result as string);
          reader.readAsDataURL(blob);
        });
        return { name, base64: url.slice(url.indexOf(',') + 1) };
      } finally {
        URL.createObjectURL = createObjectURL;
        HTMLAnchorElement.prototype.click = click;
      }
    }, selector);
    return { name, bytes: Buffer.from(base64, 'base64') };
  }

  /** The longest gap between two animation frames while `milliseconds` pass, and how many there were. */
  frames(milliseconds: number): Promise<{ readonly count: number; readonly longest: number }> {
    return this.page.evaluate(
      (duration) =>
        new Promise<{ count: number; longest: number }>((resolve) => {
          const start = performance.now();
          let [last, longest, count] = [start, 0, 0];
          const tick = (): void => {
            const now = performance.now();
            longest = Math.max(longest, now - last);
            last = now;
            count++;
            if (now - start < duration) requestAnimationFrame(tick);
            else resolve({ count, longest });
          };
          requestAnimationFrame(tick);
        }),
      milliseconds,
    );
  }

  async screenshot(name: string): Promise<void> {
    mkdirSync(screenshots, { recursive: true });
    await this.page.screenshot(join(screenshots, `${this.#engine}-${name}.png`));
  }
}
