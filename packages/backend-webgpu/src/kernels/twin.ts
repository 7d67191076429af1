import type { RawKernels } from '@sightline/core/backend';

/** A kernel's parameters with buffers for arrays: the same in the same order as its reference's. */
type OnGpu<P extends readonly unknown[]> = { [I in keyof P]: P[I] extends number ? number : GPUBuffer };
export type GpuParameters<K extends keyof RawKernels> = OnGpu<Parameters<RawKernels[K]>>;

/**
 * A kernel's WGSL twin: what it has the GPU do. Bytes lie four to a word. `scratch` may be left alone: a twin takes what
 * it needs from the step list's own memory.
 */
export type Twin<K extends keyof RawKernels> = (steps: Steps, ...parameters: GpuParameters<K>) => void;

/** A number in a shader's uniforms: whole ones go as i32. */
export type Uniform = number | { readonly f32: number };

export interface Step {
  /** WGSL with its sizes as `@group(0) @binding(0) var<uniform> sizes`, and the buffers from binding 1 on. */
  readonly code: string;
  /** `main` unless told. */
  readonly entry?: string;
  readonly sizes: readonly Uniform[];
  readonly buffers: readonly GPUBuffer[];
  /** How many invocations, in workgroups of 256 laid out in a plane; or how many workgroups. */
  readonly threads?: number;
  readonly groups?: number;
}

/** What a twin adds its steps to. They run in order, in one submission. */
export interface Steps {
  add(step: Step): void;
  /** Memory until the steps have run. */
  scratch(bytes: number): GPUBuffer;
}
