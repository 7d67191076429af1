import { colourTable, resizeTaps, SightlineError, type ColourMapName, type Resident } from '@sightline/core/backend';
import type { AnyTensor, Tensor } from '@sightline/core/tensor';
import type { WebGpuBackend } from '../backend.ts';
import { GpuTensor } from '../device/gpu-tensor.ts';
import type { Gpu } from '../device/gpu.ts';
import { storage, write } from '../device/transfer.ts';
import { run, twins } from '../kernels/index.ts';
import { show } from './canvas.ts';
import { shown } from './shaders.wgsl.ts';

export type Canvas = HTMLCanvasElement | OffscreenCanvas;
/** RGBA bytes, as an ImageData has them. */
export interface Pixels {
  readonly data: Uint8ClampedArray | Uint8Array;
  readonly width: number;
  readonly height: number;
}
export interface PaintOptions {
  /** A method's own word for how its map is shown: `positive` cuts what is below zero before it is enlarged, `magnitude` shows sizes. */
  readonly display?: 'positive' | 'magnitude';
  /** `ember` unless told. */
  readonly map?: ColourMapName;
  /** The picture beneath, as large as the canvas; without one the heat covers everything. */
  readonly over?: Pixels;
  /** How much of the heat shows over the picture, ½ unless told. */
  readonly opacity?: number;
}

/**
 * Draws a map [h, w] onto a canvas as the page's own heat maps are drawn (cut, enlarged bilinearly, brought to 0 … 1, coloured, blended),
 * all on the backend's device: a map that is there already is never fetched. The canvas is the caller's, its size too. Done
 * means submitted: the browser shows it with its next frame.
 */
export async function paint(
  backend: WebGpuBackend,
  map: Tensor | Resident,
  canvas: Canvas,
  options: PaintOptions = {},
): Promise<void> {
  const [height, width] = planeOf(map);
  check(canvas, options);
  const gpu = await backend.gpu();
  const work = new Work(gpu);
  const pinned = map instanceof GpuTensor && map.gpu === gpu ? map : undefined;
  try {
    pinned?.pin();
    const source = pinned?.buffer ?? work.filled(await numbersOf(map));
    const pixels = coloured(work, source, [height, width], canvas, options);
    show(gpu, canvas, pixels);
  } finally {
    pinned?.unpin();
    work.done();
  }
}

/** The kernels, one after the other, as `presentable` of the engine has them on the CPU. */
function coloured(
  work: Work,
  source: GPUBuffer,
  [height, width]: readonly [number, number],
  canvas: Canvas,
  { display = 'positive', map = 'ember', over, opacity = 0.5 }: PaintOptions,
): GPUBuffer {
  const total = canvas.width * canvas.height;
  const rows = resizeTaps('bilinear', height, canvas.height);
  const columns = resizeTaps('bilinear', width, canvas.width);
  const [cut, large, positive, heat] = [height * width, total, total, total].map((count) => work.empty(4 * count)) as [
    GPUBuffer,
    GPUBuffer,
    GPUBuffer,
    GPUBuffer,
  ];
  const taps = [rows.index, rows.weight, columns.index, columns.weight].map((part) => work.filled(part)) as [
    GPUBuffer,
    GPUBuffer,
    GPUBuffer,
    GPUBuffer,
  ];
  const table = work.filled(colourTable(map));
  const beneath = over ? work.filled(over.data as Uint8Array) : work.empty(0);
  const pixels = work.empty(4 * total);
  run(work.gpu, (steps) => {
    const part = (from: GPUBuffer, to: GPUBuffer, count: number): void =>
      steps.add({ code: shown, sizes: [count, Number(display === 'magnitude')], buffers: [from, to], threads: count });
    if (display === 'positive') part(source, cut, height * width);
    const small = display === 'positive' ? cut : source;
    twins.resize(steps, small, ...taps, large, large, 1, height, width, canvas.height, canvas.width, rows.taps);
    part(large, positive, total);
    twins.minMax(steps, positive, heat, 1, total);
    twins.colourMap(steps, heat, table, beneath, pixels, over ? opacity : 1, total);
  });
  return pixels;
}

/** Buffers until the picture is submitted. */
class Work {
  readonly gpu: Gpu;
  readonly #taken: GPUBuffer[] = [];
  constructor(gpu: Gpu) {
    this.gpu = gpu;
  }
  empty(bytes: number): GPUBuffer {
    const buffer = this.gpu.pool.take(bytes, storage(), 'sightline paint');
    this.#taken.push(buffer);
    return buffer;
  }
  filled(data: AnyTensor['data']): GPUBuffer {
    const buffer = this.empty(data.byteLength);
    write(this.gpu, buffer, data);
    this.gpu.counters.uploads++;
    this.gpu.counters.uploadedBytes += data.byteLength;
    return buffer;
  }
  done(): void {
    for (const buffer of this.#taken) this.gpu.pool.give(buffer);
  }
}

const numbersOf = async (map: Tensor | Resident): Promise<AnyTensor['data']> =>
  ('read' in map ? await map.read() : map).data;

/** Throws `bad-input` where a map is no plane of float32. */
function planeOf({ dims, type }: Tensor | Resident): [height: number, width: number] {
  const plane = dims.slice(-2);
  if (type === 'float32' && plane.length === 2 && dims.slice(0, -2).every((d) => d === 1) && !plane.includes(0)) {
    return [plane[0]!, plane[1]!];
  }
  throw new SightlineError('bad-input', `a map to paint is float32 [h, w], not ${type} [${dims.join(', ')}]`);
}

function check({ width, height }: Canvas, { over, opacity = 0.5 }: PaintOptions): void {
  if (width < 1 || height < 1) throw new SightlineError('bad-input', `a canvas of ${width}×${height} shows nothing`);
  if (over && (over.width !== width || over.height !== height || over.data.length !== 4 * width * height)) {
    throw new SightlineError(
      'bad-input',
      `the picture beneath is ${over.width}×${over.height} in ${over.data.length} bytes, the canvas ${width}×${height}`,
    );
  }
  if (!(opacity >= 0 && opacity <= 1)) throw new SightlineError('bad-option', `opacity is 0 … 1, not ${opacity}`);
}
