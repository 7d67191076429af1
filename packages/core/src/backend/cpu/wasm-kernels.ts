import type { KernelArray, Parameter } from '../../../kernels/kernel.ts';
import { SightlineError } from '../../errors.ts';
import { signatures, wasm } from './kernels.generated.ts';
import type { RawKernels } from './typed-kernels.ts';

const page = 65536;
/** Memory that a call grew past this is given back after it. */
const kept = 64 * 2 ** 20;
/** Pointers start here, so that none is 0; the module keeps no data of its own (the build checks). */
const base = 16;

type Exports = Readonly<Record<string, (...parameters: number[]) => void>>;
interface Running {
  readonly memory: WebAssembly.Memory;
  readonly exports: Exports;
}

/** Whether this engine validates a function of two SIMD instructions: i8x16.popcnt(i8x16.splat(0)). */
export function hasSimd(): boolean {
  // prettier-ignore
  const probe = [0, 97, 115, 109, 1, 0, 0, 0, 1, 5, 1, 96, 0, 1, 123, 3, 2, 1, 0, 10, 10, 1, 8, 0, 65, 0, 253, 15, 253, 98, 11];
  return typeof WebAssembly === 'object' && WebAssembly.validate(Uint8Array.from(probe));
}

/** The Wasm twins, compiled aside: what a page's main thread needs, where browsers refuse to compile more than 4 kB at once. */
export async function createRawWasmKernels(): Promise<RawKernels> {
  const module = await WebAssembly.compile(bytes());
  const memory = emptyMemory();
  const instance = await WebAssembly.instantiate(module, { env: { memory } });
  return marshalled(module, { memory, exports: instance.exports as Exports });
}

/** The Wasm twins at once: for workers and Node. */
export function rawWasmKernels(): RawKernels {
  const module = new WebAssembly.Module(bytes());
  return marshalled(module, start(module));
}

const bytes = (): Uint8Array<ArrayBuffer> => Uint8Array.from(atob(wasm), (character) => character.charCodeAt(0));
const emptyMemory = (): WebAssembly.Memory => new WebAssembly.Memory({ initial: 1 });

function start(module: WebAssembly.Module): Running {
  const memory = emptyMemory();
  return { memory, exports: new WebAssembly.Instance(module, { env: { memory } }).exports as Exports };
}

/**
 * One function a kernel with the reference's parameters. A call lays its arrays out one after the other in the memory, from
 * the bottom each time, hands their places to the module and copies back what the signature says was written.
 */
function marshalled(module: WebAssembly.Module, first: Running): RawKernels {
  let running = first;

  const call = (name: string, signature: readonly Parameter[], parameters: readonly (KernelArray | number)[]): void => {
    let end = base;
    const places = parameters.map((parameter) => {
      if (typeof parameter === 'number') return parameter;
      const at = end;
      end = Math.ceil((at + parameter.byteLength) / 16) * 16;
      return at;
    });
    reserve(running.memory, end, name);

    const { memory, exports } = running;
    const copy = (roles: readonly string[], move: (outside: Uint8Array, inside: Uint8Array) => void): void => {
      parameters.forEach((parameter, i) => {
        if (typeof parameter === 'number' || !roles.includes(signature[i]!.split(' ')[0]!)) return;
        const outside = new Uint8Array(parameter.buffer, parameter.byteOffset, parameter.byteLength);
        move(outside, new Uint8Array(memory.buffer, places[i], parameter.byteLength));
      });
    };
    copy(['in', 'inout'], (outside, inside) => inside.set(outside));
    exports[name]!(...places);
    copy(['out', 'inout'], (outside, inside) => outside.set(inside));
    if (memory.buffer.byteLength > kept) running = restarted(module, running);
  };

  const kernels = Object.entries(signatures).map(([name, signature]) => [
    name,
    (...parameters: (KernelArray | number)[]) => call(name, signature, parameters),
  ]);
  return Object.fromEntries(kernels) as RawKernels;
}

function reserve(memory: WebAssembly.Memory, size: number, kernel: string): void {
  const missing = size - memory.buffer.byteLength;
  if (missing <= 0) return;
  try {
    memory.grow(Math.ceil(missing / page));
  } catch (cause) {
    const message = `kernel ${kernel} needs ${Math.ceil(size / 2 ** 20)} MiB of memory, which this engine does not give: use smaller batches`;
    throw new SightlineError('runtime', message, { kernel, bytes: size }, { cause });
  }
}

/** The same module in a small memory again (a memory never shrinks), or as it is where the engine will not start one at once. */
function restarted(module: WebAssembly.Module, running: Running): Running {
  try {
    return start(module);
  } catch {
    return running;
  }
}
