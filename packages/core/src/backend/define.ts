import type { BackendModule } from './backend.ts';

/** A backend with its options: what `backends` takes. Plain but for `open`, which stays in its thread. */
export interface BackendChoice extends BackendModule {
  readonly options: Readonly<Record<string, unknown>>;
  /** The self-contained module as text, put here by the build: how a page sends it to its worker. */
  readonly source?: string;
}

/** A backend's module: itself what `serve` takes, and called with options what `backends` takes. */
export type DefinedBackend<O> = BackendModule & { readonly source?: string } & ((options?: O) => BackendChoice);

/** The default export of a backend package. */
export function defineBackend<O extends object>(spec: {
  readonly name: string;
  /** For people: 'WebGPU'. */
  readonly title: string;
  /** Why this browser or machine has no such device, undefined where it has: asked by pages that let their users choose. Loads no runtime. */
  probe(options: O): Promise<string | undefined>;
  /** Throws `unavailable` with the reason where this browser or machine has no such device. */
  open(options: O, host: Parameters<BackendModule['open']>[1]): ReturnType<BackendModule['open']>;
}): DefinedBackend<O> {
  const module: BackendModule = {
    kind: 'backend',
    name: spec.name,
    title: spec.title,
    probe: (options = {}) => spec.probe(options as O),
    open: (options, host) => spec.open(options as O, host),
  };
  const choose = (options?: O): BackendChoice => {
    const { source } = defined;
    return { ...module, options: { ...options }, ...(source !== undefined && { source }) };
  };
  // A function's own name cannot be assigned, only defined.
  const fields = Object.entries(module).map(([key, value]) => [key, { value: value as unknown, enumerable: true }]);
  const defined = Object.defineProperties(choose, {
    ...(Object.fromEntries(fields) as PropertyDescriptorMap),
    source: { value: undefined, writable: true, enumerable: true },
  }) as DefinedBackend<O>;
  return defined;
}
