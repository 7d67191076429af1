/** What the parts of a kernel's folder agree on. A folder holds `reference.ts`, `wasm.as.ts` and `cases.ts`; see README.md. */
import type { Random } from '../src/tensor/random.ts';

export interface ElementArrays {
  f32: Float32Array;
  f64: Float64Array;
  i32: Int32Array;
  u8: Uint8Array;
}
export type Element = keyof ElementArrays;
export type KernelArray = ElementArrays[Element];
/** `out` is written in full, `scratch` is memory to work in: neither is read before it is written. */
export type Role = 'in' | 'out' | 'inout' | 'scratch';
export type ArrayParameter = `${Role} ${Element}`;
/** Numbers go by value; what is neither `f32` nor `f64` is a whole number. */
export type NumberParameter = 'i32' | 'f32' | 'f64';
export type Parameter = ArrayParameter | NumberParameter;

/** A kernel as its three twins see it: typed arrays and numbers in, nothing handed back. Twins get pointers for arrays. */
export type Kernel = (...parameters: never[]) => void;

type ParameterOf<A> = A extends number
  ? NumberParameter
  : { [E in Element]: A extends ElementArrays[E] ? `${Role} ${E}` : never }[Element];
/** What a kernel's `signature` must look like: a signature that does not fit its function does not compile. */
export type SignatureOf<F extends Kernel> = ParametersOf<Parameters<F>>;
/** A mapped type over a type parameter keeps a tuple a tuple. */
type ParametersOf<P extends readonly unknown[]> = { readonly [I in keyof P]: ParameterOf<P[I]> };

/** One call that every twin must answer as the reference does. */
export interface KernelCase<F extends Kernel = Kernel> {
  readonly title: string;
  readonly parameters: (random: Random) => Parameters<F>;
  /** Largest |difference| allowed of any number written. Its reason stands beside it in `cases.ts`. */
  readonly tolerance: number;
}

/** Numbers uniform in [from, to). */
export const uniform = (random: Random, count: number, from = -1, to = 1): Float32Array =>
  Float32Array.from({ length: count }, () => from + (to - from) * random.next());

/** 1 … 9: every tail that a loop of four or eight lanes can leave. */
export const tails: readonly number[] = [1, 2, 3, 4, 5, 6, 7, 8, 9];
