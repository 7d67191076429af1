import type { Backend, BackendHost } from '../backend/backend.ts';
import { cpu } from '../backend/cpu/index.ts';
import { loadRuntime, type RuntimeOptions } from '../backend/cpu/runtime.ts';
import type { BackendChoice } from '../backend/define.ts';
import { exclusive } from '../backend/mutex.ts';
import { SightlineError } from '../errors.ts';
import { createKernels } from '../backend/cpu/kernels.ts';

/** The backends that opened, the CPU last, and why the others did not. */
export interface OpenBackends {
  readonly backends: readonly Backend[];
  readonly unavailable: Readonly<Record<string, string>>;
}

/** Opens what was chosen, in its order. One that does not open is no error: it is told with its reason. */
export async function openBackends(
  choices: readonly BackendChoice[],
  runtime: RuntimeOptions | undefined,
  memory: number | undefined,
): Promise<OpenBackends> {
  const backends: Backend[] = [];
  const unavailable: Record<string, string> = {};
  const { kernels } = await createKernels();
  const host: BackendHost = {
    kernels,
    exclusive,
    // Asked for by a backend that has found its device: whoever comes later, the CPU too, runs on the same build.
    runtime: () => loadRuntime(runtime, 'accelerated'),
  };
  for (const { name, options, open } of choices) {
    try {
      backends.push(await open(options, host));
    } catch (error) {
      // A slip of whoever wrote the options is told, not worked around.
      if (error instanceof SightlineError && error.code === 'bad-option') throw error;
      unavailable[name] = error instanceof Error ? error.message : String(error);
    }
  }
  backends.push(await cpu({ ...(runtime && { runtime }), ...(memory !== undefined && { memory }) }));
  return { backends, unavailable };
}
