import { SightlineError } from '@sightline/core/backend';
import { openContext, type ContextChoice, type MLContext } from './ml.ts';

/** The context that sessions and tensors share, and a new one where it was lost: sharing one is what lets tensors go from program to program. */
export class Device {
  readonly #choice: ContextChoice;
  #context: MLContext | undefined;
  #opening: Promise<MLContext> | undefined;
  #closed = false;

  constructor(choice: ContextChoice) {
    this.#choice = choice;
  }

  get choice(): ContextChoice {
    return this.#choice;
  }

  /** Throws `unavailable` where there is none to be had. */
  async context(): Promise<MLContext> {
    if (this.#closed) throw new SightlineError('runtime', 'this backend was disposed of');
    return this.#context ?? (this.#opening ??= this.#open());
  }

  /** Whether what was made on `context` still stands. */
  has(context: MLContext): boolean {
    return this.#context === context;
  }

  forget(context: MLContext): void {
    if (this.#context === context) this.#context = undefined;
  }

  close(): void {
    this.#closed = true;
    const context = this.#context;
    this.#context = undefined;
    context?.destroy?.();
  }

  async #open(): Promise<MLContext> {
    try {
      const context = await openContext(this.#choice);
      this.#context = context;
      void context.lost?.then(() => this.forget(context));
      return context;
    } finally {
      this.#opening = undefined;
    }
  }
}
