import type { KernelArray, KernelCase, Parameter } from '../../packages/core/kernels/kernel.ts';
import { cases } from '../../packages/core/kernels/cases.generated.ts';
import { references, signatures } from '../../packages/core/src/backend/cpu/kernels.generated.ts';
import type { RawKernels } from '../../packages/core/src/backend/cpu/typed-kernels.ts';
import { random } from '../../packages/core/src/tensor/random.ts';
import type { Framework } from './harness.ts';

type AnyKernel = (...parameters: (KernelArray | number)[]) => void;
type AnyTwin = (...parameters: (KernelArray | number)[]) => void | Promise<void>;

/** A twin answers at once or, on another device, later. */
export type RawTwin = {
  readonly [K in keyof RawKernels]: (...parameters: Parameters<RawKernels[K]>) => void | Promise<void>;
};

/** Every case of every kernel folder: the twin's answer against the reference's, within the case's tolerance. */
export function kernelSuite({ describe, it }: Framework, twinName: string, twin: RawTwin): void {
  for (const [name, list] of Object.entries(cases)) {
    const key = name as keyof RawKernels;
    const signature: readonly Parameter[] = signatures[key];
    describe(`${name} in ${twinName}`, () => {
      for (const one of list as readonly KernelCase<AnyKernel>[]) {
        it(`agrees with its reference within ${one.tolerance}: ${one.title}`, async () => {
          const expected = one.parameters(random(1));
          const actual = one.parameters(random(1));
          if (expected.length !== signature.length) throw new Error(`${name} takes ${signature.length} parameters`);
          (references[key] as AnyKernel)(...expected);
          // What a twin is to write in full it finds full of rubbish.
          actual.forEach(
            (array, i) => typeof array !== 'number' && /^(out|scratch)/.test(signature[i]!) && array.fill(99),
          );
          await (twin[key] as AnyTwin)(...actual);
          const given = one.parameters(random(1));
          signature.forEach((parameter, i) => {
            const want = (parameter.startsWith('in ') ? given : expected)[i]!;
            if (typeof want === 'number' || parameter.startsWith('scratch')) return;
            same(
              actual[i] as KernelArray,
              want,
              parameter.startsWith('in ') ? 0 : one.tolerance,
              `parameter ${i} (${parameter})`,
            );
          });
        });
      }
    });
  }
}

function same(actual: KernelArray, expected: KernelArray, tolerance: number, what: string): void {
  for (let i = 0; i < expected.length; i++) {
    const [a, e] = [actual[i]!, expected[i]!];
    if (Object.is(a, e) || a === e || Math.abs(a - e) <= tolerance) continue;
    throw new Error(`${what}[${i}] is ${a}, the reference says ${e}: ${Math.abs(a - e)} apart, ${tolerance} allowed`);
  }
}
