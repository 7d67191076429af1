import { defineBackend, type Program } from '@sightline/core/backend';
import { Device } from './device.ts';
import { openContext, type ContextChoice, type DeviceType, type PowerPreference } from './ml.ts';
import { createProgram } from './program.ts';
import { lowered } from './passes/index.ts';
import { name, upload } from './resident.ts';
import { refuses } from './refuses.ts';

export interface WebnnOptions {
  /** What the browser should run on; 'cpu' unless given, which is where all of it was measured. */
  readonly deviceType?: DeviceType;
  readonly powerPreference?: PowerPreference;
  /** Bytes that compiled programs may take together. */
  readonly memory?: number;
}

const choiceOf = ({ deviceType = 'cpu', powerPreference = 'default' }: WebnnOptions): ContextChoice => ({
  deviceType,
  powerPreference,
});

/** Runs graphs on WebNN, through onnxruntime-web's provider for it. */
export default defineBackend<WebnnOptions>({
  name,
  title: 'WebNN',
  async probe(options) {
    try {
      (await openContext(choiceOf(options))).destroy?.();
      return undefined;
    } catch (error) {
      return (error as Error).message;
    }
  },
  async open(options, host) {
    const { memory = 768 * 2 ** 20 } = options;
    const device = new Device(choiceOf(options));
    // Before the runtime is asked for: a browser without WebNN should not download the larger build.
    await device.context();
    const ort = await host.runtime();
    const programs = new Set<Program>();
    return {
      name,
      refuses,
      kernels: host.kernels,
      limits: { memory, batch: { bytes: 192 * 2 ** 20, items: 16 } },
      upload: (tensor) => upload(device, tensor),
      async compile(graph) {
        const program = await createProgram(lowered(graph), { ort, device, exclusive: host.exclusive });
        const release = async (): Promise<void> => {
          programs.delete(tracked);
          await program.release();
        };
        const tracked: Program = { ...program, release };
        programs.add(tracked);
        return tracked;
      },
      async dispose() {
        await Promise.all([...programs].map((program) => program.release()));
        device.close();
      },
    };
  },
});
