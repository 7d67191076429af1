import { SightlineError } from '@sightline/core/backend';
import type { WebGpuOptions } from '../options.ts';
import type { Counters } from './counters.ts';
import { Gpu } from './gpu.ts';

/** Limits that networks reach: a device has the least that the standard asks for, unless more is asked for. */
const wanted = [
  'maxStorageBufferBindingSize',
  'maxBufferSize',
  'maxStorageBuffersPerShaderStage',
  'maxComputeWorkgroupStorageSize',
  'maxComputeInvocationsPerWorkgroup',
  'maxComputeWorkgroupSizeX',
  'maxComputeWorkgroupSizeY',
  'maxComputeWorkgroupSizeZ',
  'maxComputeWorkgroupsPerDimension',
] as const;
const features: readonly GPUFeatureName[] = ['shader-f16', 'subgroups'];

/** The device of a backend: one at a time, a fresh one after a loss. */
export class DeviceSource {
  readonly counters: Counters;
  readonly #options: WebGpuOptions;
  #opening: Promise<Gpu> | undefined;
  #gpu: Gpu | undefined;
  #closed = false;

  constructor(options: WebGpuOptions, counters: Counters) {
    this.#options = options;
    this.counters = counters;
  }

  /** The device there is, lost or not. */
  get latest(): Gpu | undefined {
    return this.#gpu;
  }

  /** A device that works. Throws `unavailable` with the reason where there is none, or none any more. */
  async current(): Promise<Gpu> {
    if (this.#closed) throw new SightlineError('unavailable', 'the WebGPU backend was closed');
    if (this.#gpu && !this.#gpu.gone) return this.#gpu;
    this.#opening ??= this.#open().finally(() => (this.#opening = undefined));
    return this.#opening;
  }

  /** Destroys the device where it is our own. */
  close(): void {
    this.#closed = true;
    this.#gpu?.pool.close();
    if (!this.#options.device) this.#gpu?.device.destroy();
  }

  async #open(): Promise<Gpu> {
    const { device } = this.#options;
    if (device && this.#gpu) {
      throw new SightlineError(
        'unavailable',
        `${this.#gpu.gone!.message}; it was handed over, so only its owner can replace it`,
      );
    }
    if (device && this.#options.precision === 'float16' && !device.features.has('shader-f16')) {
      throw unavailable(`precision 'float16' needs the feature shader-f16, which the device handed over lacks`);
    }
    this.#gpu = new Gpu(device ?? (await requestDevice(this.#options)), this.counters);
    this.counters.devices++;
    return this.#gpu;
  }
}

const unavailable = (why: string, cause?: unknown): SightlineError =>
  new SightlineError('unavailable', `WebGPU is not there: ${why}`, {}, { cause });

/** The GPU that the browser offers. Throws `unavailable` with the reason where it offers none, or none that will do. */
export async function findAdapter({ powerPreference, precision }: WebGpuOptions): Promise<GPUAdapter> {
  // A page that is not secure has no navigator.gpu, and neither has Node.
  const gpu = (globalThis.navigator as Navigator | undefined)?.gpu;
  if (!gpu) throw unavailable('this browser has no navigator.gpu, or the page is not served over HTTPS');
  const adapter = await gpu.requestAdapter(powerPreference && { powerPreference }).catch((cause: unknown) => {
    throw unavailable('the browser refused to look for a GPU', cause);
  });
  if (!adapter) throw unavailable('the browser found no GPU that it lets pages use');
  if (precision === 'float16' && !adapter.features.has('shader-f16')) {
    throw unavailable(`precision 'float16' needs the feature shader-f16, which ${nameOf(adapter)} lacks`);
  }
  return adapter;
}

async function requestDevice(options: WebGpuOptions): Promise<GPUDevice> {
  const adapter = await findAdapter(options);
  try {
    return await adapter.requestDevice({
      label: 'sightline',
      requiredFeatures: features.filter((feature) => adapter.features.has(feature)),
      requiredLimits: Object.fromEntries(wanted.map((limit) => [limit, adapter.limits[limit]])),
    });
  } catch (cause) {
    throw unavailable(`${nameOf(adapter)} gave no device (${(cause as Error).message})`, cause);
  }
}

const nameOf = ({ info }: GPUAdapter): string =>
  [info.vendor, info.architecture, info.description].filter(Boolean).join(' ') || 'this GPU';
