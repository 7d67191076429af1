/** What went over the bus and what was asked of the GPU, since the backend was opened: for tests, benches and bug reports. */
export interface Counters {
  /** Tensors sent to the GPU, and their bytes. */
  uploads: number;
  uploadedBytes: number;
  /** Times the page waited for numbers from the GPU, and their bytes. */
  readBacks: number;
  readBytes: number;
  /** Runs of programs. */
  runs: number;
  /** Sessions that onnxruntime-web was made to compile. */
  sessions: number;
  /** Dispatches of Sightline's own kernels; onnxruntime-web's are not in it (test/watch-device.ts counts those). */
  dispatches: number;
  /** Devices asked for: more than one where one was lost. */
  devices: number;
}

export const newCounters = (): Counters => ({
  uploads: 0,
  uploadedBytes: 0,
  readBacks: 0,
  readBytes: 0,
  runs: 0,
  sessions: 0,
  dispatches: 0,
  devices: 0,
});
