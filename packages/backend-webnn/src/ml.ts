import { SightlineError } from '@sightline/core/backend';

/** What of the Web Neural Network API is used here; TypeScript's DOM library has none of it. https://www.w3.org/TR/webnn/ */
export interface ML {
  createContext(options?: MLContextOptions): Promise<MLContext>;
}
export interface MLContextOptions {
  readonly deviceType?: DeviceType;
  readonly powerPreference?: PowerPreference;
}
/** Gone from the specification, which has `powerPreference` and `accelerated` alone; Chromium still takes it, and the runtime wants it. */
export type DeviceType = 'cpu' | 'gpu' | 'npu';
export type PowerPreference = 'default' | 'low-power' | 'high-performance';

export interface MLContext {
  /** Settles when the context is lost, or destroyed. */
  readonly lost?: Promise<{ readonly message: string }>;
  createTensor(descriptor: {
    readonly dataType: 'float32';
    readonly shape: readonly number[];
    readonly writable?: boolean;
    readonly readable?: boolean;
  }): Promise<MLTensor>;
  writeTensor(tensor: MLTensor, data: ArrayBufferView): void;
  readTensor(tensor: MLTensor): Promise<ArrayBuffer>;
  destroy?(): void;
}
export interface MLTensor {
  destroy(): void;
}

export interface ContextChoice {
  readonly deviceType: DeviceType;
  readonly powerPreference: PowerPreference;
}

/** A context of this page or worker. Throws `unavailable` with what is missing. */
export async function openContext({ deviceType, powerPreference }: ContextChoice): Promise<MLContext> {
  const missing = (why: string, cause?: unknown): never => {
    throw new SightlineError('unavailable', `WebNN is not there: ${why}`, {}, { cause });
  };
  if (globalThis.isSecureContext === false) missing('the page is not served securely (https or localhost)');
  const ml = (globalThis.navigator as { readonly ml?: ML } | undefined)?.ml;
  if (!ml)
    return missing(
      'this browser has no navigator.ml; Chromium and Edge have it behind chrome://flags/#web-machine-learning-neural-network',
    );
  try {
    return await ml.createContext({ deviceType, powerPreference });
  } catch (cause) {
    return missing(`no context for deviceType '${deviceType}': ${(cause as Error).message}`, cause);
  }
}
