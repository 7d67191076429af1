import type { Hooks } from '@sightline/core';
import { byId } from './dom.ts';
import { say, tell } from './messages.ts';

/** One job at a time: a new one cancels the one before it, and waits until that has let go. */
export class Jobs {
  #running: { readonly controller: AbortController; readonly ended: Promise<void> } | undefined;
  readonly #bar = byId('progress', HTMLProgressElement);
  /** Not a live region: nobody wants to hear every step. */
  readonly #detail = byId('detail', HTMLSpanElement);
  readonly #cancel = byId('cancel', HTMLButtonElement);

  constructor() {
    this.#cancel.addEventListener('click', () => this.cancel());
    document.addEventListener('keydown', ({ key }) => {
      if (key === 'Escape') this.cancel();
    });
  }

  cancel(): void {
    this.#running?.controller.abort();
  }

  /** Resolves to undefined where the job failed or was cancelled; both have been told then. */
  async run<T>(what: string, work: (hooks: Required<Hooks>) => Promise<T>): Promise<T | undefined> {
    const controller = new AbortController();
    let told = 0;
    const before = this.#running;
    const { promise: ended, resolve: end } = deferred();
    this.#running = { controller, ended };
    before?.controller.abort();
    await before?.ended;
    try {
      controller.signal.throwIfAborted();
      this.#show(what);
      return await work({
        signal: controller.signal,
        onProgress: ({ fraction, what: word }) => {
          const now = performance.now();
          // A few times a second is enough to read, and leaves the page's time to the page.
          if (controller.signal.aborted || now - told < 200) return;
          told = now;
          this.#bar.value = fraction;
          this.#detail.textContent = word || `${Math.round(100 * fraction)} %`;
          this.#bar.setAttribute('aria-valuetext', this.#detail.textContent);
        },
      });
    } catch (error) {
      // The user's own cancelling is no error, and a job that a newer one replaced has nothing to tell.
      if (!controller.signal.aborted) {
        tell(error, what);
        // The message has it all, and what is still on show did not fail.
        say('');
      } else if (this.#running.controller === controller) say(`${what}: cancelled`);
      return undefined;
    } finally {
      if (this.#running.controller === controller) this.#hide();
      end();
    }
  }

  #show(what: string): void {
    say(`${what} …`);
    document.body.dataset['state'] = 'busy';
    this.#bar.value = 0;
    this.#bar.removeAttribute('aria-valuetext');
    this.#detail.textContent = '';
    this.#bar.hidden = false;
    this.#cancel.hidden = false;
  }
  #hide(): void {
    this.#running = undefined;
    document.body.dataset['state'] = 'idle';
    // A button that disappears under the keyboard's focus would drop it to the top of the page.
    const focused = document.activeElement === this.#cancel;
    this.#detail.textContent = '';
    this.#bar.hidden = true;
    this.#cancel.hidden = true;
    if (focused) byId('explain', HTMLButtonElement).focus();
  }
}

function deferred(): { readonly promise: Promise<void>; readonly resolve: () => void } {
  let resolve = (): void => undefined;
  const promise = new Promise<void>((settle) => (resolve = settle));
  return { promise, resolve };
}
