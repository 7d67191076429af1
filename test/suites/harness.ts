import { referenceKernels } from '../../packages/core/src/backend/cpu/kernels.ts';
import type { Model } from '../../packages/core/src/model/model.ts';
import { SightlineError } from '../../packages/core/src/errors.ts';
import { resolveOptions, type OptionSchema, type OptionSchemas } from '../../packages/core/src/plugin/options.ts';
import type { Context, ModelWith, Need } from '../../packages/core/src/plugin/types.ts';
import { random, type Random } from '../../packages/core/src/tensor/random.ts';

/** Node's test runner, Mocha, vitest: whichever, handed in. */
export interface Framework {
  describe(title: string, body: () => void): void;
  it(title: string, body: () => void | Promise<void>): void;
}

export function check(condition: unknown, message: string): asserts condition {
  if (!condition) throw new Error(message);
}

export const close = (actual: number, expected: number, tolerance: number): boolean =>
  Math.abs(actual - expected) <= tolerance * Math.max(1, Math.abs(expected));

/** A model that has what the plugin said it needs, and nothing else. `onCall` sees each question before it is answered. */
export function only<N extends Need>(
  model: Model,
  needs: readonly N[],
  onCall: (name: string) => void = () => undefined,
): ModelWith<N> {
  const members = new Map<string | symbol, unknown>([['info', (model as unknown as ModelWith<N>).info]]);
  for (const need of needs) {
    const member = model[need] as unknown;
    check(
      member !== undefined,
      `the closed-form nets have no '${String(need)}' yet: add it to test/nets/closed-form.ts`,
    );
    const asked = (...given: unknown[]): unknown => {
      onCall(String(need));
      return (member as (...given: unknown[]) => unknown).apply(model, given);
    };
    members.set(need, typeof member === 'function' ? asked : member);
  }
  return new Proxy({} as ModelWith<N>, {
    get(_, name) {
      check(
        members.has(name),
        `it asks the model for '${String(name)}', which is not among its needs (${needs.join(', ')})`,
      );
      return members.get(name);
    },
  });
}

/** What an engine would hand in. Without a seed, asking for a random number is an error. */
export function contextOf(seed: number | undefined, signal: AbortSignal = new AbortController().signal): Context {
  return {
    signal,
    progress: () => undefined,
    random: seed === undefined ? noChance : random(seed),
    kernels: referenceKernels(),
  };
}
const forbidden = (): never => {
  throw new Error("it draws lots, but has no option 'seed' (and, if a method, no claim 'seeded')");
};
const noChance: Random = { next: forbidden, integer: forbidden, normal: forbidden, permutation: forbidden };

/** Runs with Math.random out of order: chance may enter by the seed alone. */
export async function withoutMathRandom<T>(run: () => Promise<T>): Promise<T> {
  const original = Math.random;
  Math.random = () => {
    throw new Error('it calls Math.random(): take random numbers from the context, so that the seed decides');
  };
  try {
    return await run();
  } finally {
    Math.random = original;
  }
}

/** What a promise was rejected with; an error where it was not. */
export async function rejection(run: () => Promise<unknown>, message: string): Promise<unknown> {
  try {
    await run();
  } catch (error) {
    return error;
  }
  throw new Error(message);
}

/** The checks that every plugin has in common. `run` explains or evaluates on some picture. */
export function pluginSuite(
  { it }: Framework,
  plugin: {
    readonly name: string;
    readonly title: string;
    readonly paper: string;
    readonly needs: readonly string[];
    readonly options: OptionSchemas;
  },
  run: (onCall: (name: string) => void, signal: AbortSignal) => Promise<unknown>,
): void {
  it('says what it is: name, title, paper, needs', () => {
    check(/^[a-z][a-z0-9]*(-[a-z0-9]+)*$/.test(plugin.name), `'${plugin.name}' is not kebab-case`);
    check(plugin.title.trim() !== '', 'it has no title');
    check(/^https:\/\//.test(plugin.paper), `'${plugin.paper}' is not the address of a paper`);
    check(new Set(plugin.needs).size === plugin.needs.length, 'a need is named twice');
    check(plugin.needs.length > 0 || 'better' in plugin, 'it needs nothing of the model: what does it explain?');
  });

  it('has defaults that are right, a description of every option, and refuses bad ones by name', () => {
    resolveOptions(plugin.name, plugin.options);
    refuses(plugin, 'no-such-option', 1);
    for (const [name, schema] of Object.entries(plugin.options)) {
      check(schema.description.trim() !== '', `its option '${name}' has no description`);
      for (const bad of badValues(schema)) refuses(plugin, name, bad);
    }
  });

  it('stops before it begins when it is told to', async () => {
    let calls = 0;
    const error = await rejection(
      () => run(() => calls++, AbortSignal.abort()),
      'it runs on, though the signal is aborted',
    );
    check((error as Error).name === 'AbortError', `it should throw an AbortError, not ${String(error)}`);
    check(calls === 0, 'it asks the model for something, though the signal is aborted');
  });

  it('stops half-way when it is told to', async () => {
    const asked = async (stopAt: number): Promise<{ calls: number; error: unknown }> => {
      const controller = new AbortController();
      let calls = 0;
      const onCall = (): void => {
        if (++calls === stopAt) controller.abort();
      };
      const error = await run(onCall, controller.signal).then(
        () => undefined,
        (e: unknown) => e,
      );
      return { calls, error };
    };
    const whole = await asked(Infinity);
    check(
      whole.error === undefined && whole.calls > 0 === plugin.needs.length > 0,
      `it should run through and ask the model for what it needs, but: ${String(whole.error)}`,
    );
    if (whole.calls <= 1) return; // one question or none: nothing to break off
    const half = await asked(1);
    check(half.calls === 1, `it asks the model ${half.calls - 1} more times after it was told to stop`);
    check(
      (half.error as Error | undefined)?.name === 'AbortError',
      `it should throw an AbortError, not ${String(half.error)}`,
    );
  });
}

function refuses(plugin: { readonly name: string; readonly options: OptionSchemas }, name: string, bad: unknown): void {
  try {
    resolveOptions(plugin.name, plugin.options, { [name]: bad });
  } catch (error) {
    check(
      error instanceof SightlineError && error.code === 'bad-option',
      `${name}=${String(bad)} should be a bad option, not ${String(error)}`,
    );
    check(
      error.message.includes(name) && error.message.includes(plugin.name),
      `the message does not name plugin and option: ${error.message}`,
    );
    return;
  }
  throw new Error(`it takes ${name}=${String(bad)}`);
}

function badValues(schema: OptionSchema): readonly unknown[] {
  switch (schema.kind) {
    case 'number':
      return ['ten', NaN, schema.min - 1, schema.max + 1];
    case 'integer':
      return ['ten', NaN, schema.min - 1, schema.max + 1, schema.min + 0.5];
    case 'boolean':
      return ['yes', 1];
    case 'choice':
      return ['no-such-choice', 1];
    case 'layer':
      return ['', 3];
    case 'tensor':
      return ['file.npy', 3];
  }
}
