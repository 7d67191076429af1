import type { Backend, Program } from '../backend/backend.ts';
import type { Graph } from '../graph/value.ts';

/** Compiled programs by key, least recently used out first, within the backend's memory. */
export class ProgramCache {
  readonly #backend: Backend;
  readonly #programs = new Map<string, Promise<Program>>();
  /** How many programs were compiled: tests and benches watch it. */
  compiled = 0;

  constructor(backend: Backend) {
    this.#backend = backend;
  }

  /** The program under `key`, compiled from `build()` the first time. A failed compilation is not kept. */
  async get(key: string, build: () => Graph): Promise<Program> {
    const known = this.#programs.get(key);
    if (known) {
      this.#programs.delete(key);
      this.#programs.set(key, known);
      return known;
    }
    this.compiled++;
    const compiling = Promise.resolve().then(() => this.#backend.compile(build()));
    this.#programs.set(key, compiling);
    try {
      const program = await compiling;
      await this.#shrink(key);
      return program;
    } catch (error) {
      this.#programs.delete(key);
      throw error;
    }
  }

  async #shrink(newest: string): Promise<void> {
    const settled = await Promise.all(
      [...this.#programs].map(async ([key, program]) => [key, await program.catch(() => undefined)] as const),
    );
    let total = settled.reduce((sum, [, program]) => sum + (program?.bytes ?? 0), 0);
    for (const [key, program] of settled) {
      if (total <= this.#backend.limits.memory) return;
      if (key === newest || !program) continue;
      this.#programs.delete(key);
      total -= program.bytes;
      await program.release();
    }
  }

  async clear(): Promise<void> {
    const programs = [...this.#programs.values()];
    this.#programs.clear();
    await Promise.all(programs.map(async (program) => (await program.catch(() => undefined))?.release()));
  }
}
