import type { Kernels } from '../kernels.ts';
import { references } from './kernels.generated.ts';
import { typedKernels } from './typed-kernels.ts';
import { createRawWasmKernels, hasSimd, rawWasmKernels } from './wasm-kernels.ts';

/** In plain TypeScript: the definitions themselves, on any engine. */
export const referenceKernels = (): Kernels => typedKernels(references);

/** In WebAssembly with SIMD, started at once. Throws where the engine has no such thing, or will not compile it on this thread. */
export const wasmKernels = (): Kernels => typedKernels(rawWasmKernels());

/** The same, compiled aside: for a page's main thread too. */
export const createWasmKernels = async (): Promise<Kernels> => typedKernels(await createRawWasmKernels());

export interface CreatedKernels {
  readonly kernels: Kernels;
  readonly twin: 'wasm' | 'reference';
  /** Why the reference had to do. */
  readonly reason?: string;
}

/** WebAssembly where the engine takes it, the reference where it does not: the same numbers, later. */
export async function createKernels(): Promise<CreatedKernels> {
  if (!hasSimd())
    return { kernels: referenceKernels(), twin: 'reference', reason: 'this engine has no WebAssembly SIMD' };
  try {
    return { kernels: await createWasmKernels(), twin: 'wasm' };
  } catch (error) {
    // A page's content security policy can forbid WebAssembly.
    return {
      kernels: referenceKernels(),
      twin: 'reference',
      reason: error instanceof Error ? error.message : String(error),
    };
  }
}
