import { SightlineError } from '@sightline/core/backend';

export interface WebGpuOptions {
  /** Which of several GPUs: the browser chooses unless told. */
  readonly powerPreference?: 'low-power' | 'high-performance';
  /** Bytes that compiled programs and the batches they run may take together; from the adapter's limits unless told. */
  readonly memory?: number;
  /** `float16` stores weights and runs convolutions in half precision. `float32` unless told. */
  readonly precision?: 'float32' | 'float16';
  /** A device of the caller's, to share buffers with other work. It is never destroyed here, nor replaced once it is lost. */
  readonly device?: GPUDevice;
}

const allowed: Readonly<Record<keyof WebGpuOptions, { readonly right: string; is(value: unknown): boolean }>> = {
  powerPreference: {
    right: "'low-power' or 'high-performance'",
    is: (v) => v === 'low-power' || v === 'high-performance',
  },
  memory: { right: 'a number of bytes above 0', is: (v) => typeof v === 'number' && v > 0 && Number.isFinite(v) },
  precision: { right: "'float32' or 'float16'", is: (v) => v === 'float32' || v === 'float16' },
  device: { right: 'a GPUDevice', is: (v) => typeof v === 'object' && v !== null && 'createBuffer' in v },
};

/** Throws `bad-option` by name: options come from outside, through a worker perhaps, untyped. */
export function checkOptions(options: Readonly<Record<string, unknown>>): WebGpuOptions {
  for (const [name, value] of Object.entries(options)) {
    const option = (allowed as Readonly<Record<string, (typeof allowed)['memory']>>)[name];
    if (!option) {
      const known = Object.keys(allowed).join(', ');
      throw new SightlineError('bad-option', `webgpu has no option '${name}'; it has ${known}`, { name });
    }
    if (value !== undefined && !option.is(value)) {
      throw new SightlineError('bad-option', `webgpu: option '${name}' must be ${option.right}`, { name });
    }
  }
  return options;
}
