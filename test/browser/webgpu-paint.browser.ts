/** Heat maps painted on the device, pixel by pixel against the CPU's kernels. Pixels are read back here, and nowhere else. */
import { paint, type PaintOptions, type WebGpuBackend } from '../../packages/backend-webgpu/src/index.ts';
import { open } from '../../packages/backend-webgpu/src/backend.ts';
import { presentable } from '../../packages/core/src/engine/maps.ts';
import { createKernels } from '../../packages/core/src/backend/cpu/kernels.ts';
import { loadRuntime } from '../../packages/core/src/backend/cpu/runtime.ts';
import { exclusive } from '../../packages/core/src/backend/mutex.ts';
import { input, mul } from '../../packages/core/src/graph/index.ts';
import { random, size, tensor, type Tensor } from '../../packages/core/src/tensor/index.ts';
import { check, rejection, type Framework } from '../suites/harness.ts';

declare const describe: Framework['describe'];
declare const it: Framework['it'];
declare function after(body: () => Promise<void>): void;

const { kernels } = await createKernels();
const runtime = async () => await loadRuntime({}, 'accelerated');
const backend: WebGpuBackend = await open({}, { kernels, exclusive, runtime });

const { next, integer } = random(6);
const drawn = (dims: readonly number[]): Tensor =>
  tensor(
    dims,
    Array.from({ length: size(dims) }, () => 2 * next() - 1),
  );
/** Of odd sizes, so that rows of pixels are not aligned to anything. */
const [width, height] = [37, 29];
const over = {
  width,
  height,
  data: Uint8ClampedArray.from({ length: 4 * width * height }, (_, i) => (i % 4 === 3 ? 255 : integer(256))),
};
const info = { input: [3, height, width] as const, classes: 2, layers: [] };

/** As the engine and its page paint it, on the CPU. */
function expected(map: Tensor, { display = 'positive', ...options }: PaintOptions): Uint8ClampedArray {
  const { heat } = presentable(map, display, info, kernels);
  const { map: name = 'ember', over: picture, opacity } = options;
  return kernels.colourMap(heat, {
    map: name,
    ...(picture && { over: new Uint8ClampedArray(picture.data) }),
    ...(opacity !== undefined && { opacity }),
  });
}

/**
 * What `paint` sees of a canvas, with a texture that can be read: on a software GPU every real WebGPU canvas takes the browser's GPU
 * process down with it (Chromium 147 and 156), so that showing the texture is left to the browser, unseen here.
 */
class Sheet {
  readonly width = width;
  readonly height = height;
  #texture: GPUTexture | undefined;
  #device: GPUDevice | undefined;
  readonly #context = {
    configure: ({ device, format }: GPUCanvasConfiguration): void => {
      const usage = GPUTextureUsage.RENDER_ATTACHMENT | GPUTextureUsage.COPY_SRC;
      this.#device = device;
      this.#texture = device.createTexture({ size: [width, height], format, usage });
    },
    getCurrentTexture: () => this.#texture!,
  };
  getContext(kind: string) {
    return kind === 'webgpu' ? this.#context : null;
  }
  get canvas(): OffscreenCanvas {
    return this as unknown as OffscreenCanvas;
  }

  async pixels(): Promise<Uint8ClampedArray> {
    const [device, texture] = [this.#device!, this.#texture!];
    const usage = GPUBufferUsage.COPY_DST | GPUBufferUsage.MAP_READ;
    const buffer = device.createBuffer({ size: 256 * height, usage });
    const encoder = device.createCommandEncoder();
    encoder.copyTextureToBuffer({ texture }, { buffer, bytesPerRow: 256 }, [width, height]);
    device.queue.submit([encoder.finish()]);
    await buffer.mapAsync(GPUMapMode.READ);
    const bytes = new Uint8Array(buffer.getMappedRange().slice(0));
    buffer.destroy();
    const order = texture.format === 'bgra8unorm' ? [2, 1, 0, 3] : [0, 1, 2, 3];
    return Uint8ClampedArray.from(
      { length: 4 * width * height },
      (_, i) => bytes[Math.floor(i / (4 * width)) * 256 + (Math.floor(i / 4) % width) * 4 + order[i % 4]!]!,
    );
  }
}

/**
 * A byte from rounding; and where heat lies between two of the 256 colours, its last digits choose: neighbours in a map are at most
 * four apart in any byte.
 */
const tolerance = 4;
function same(actual: Uint8ClampedArray, wanted: Uint8ClampedArray): void {
  let off = 0;
  wanted.forEach((byte, i) => {
    const apart = Math.abs(actual[i]! - byte);
    check(apart <= tolerance, `byte ${i} is ${actual[i]}, not ${byte}`);
    if (apart > 1) off++;
  });
  check(off <= wanted.length / 100, `${off} of ${wanted.length} bytes are more than one off`);
}

describe('A heat map painted on the device', () => {
  after(() => backend.dispose());
  const map = drawn([7, 5]);
  for (const [title, options] of [
    ['is the one of the page', {}],
    ['lies over a picture', { over, opacity: 0.6 }],
    ['shows sizes where a method says so', { display: 'magnitude', map: 'lagoon' }],
    ['has the colours that it is told', { map: 'grey', over, opacity: 0.25 }],
  ] as const satisfies readonly (readonly [string, PaintOptions])[]) {
    it(title, async () => {
      const sheet = new Sheet();
      await paint(backend, map, sheet.canvas, options);
      same(await sheet.pixels(), expected(map, options));
    });
  }

  it('comes from where a program left it: nothing is fetched, and the canvas is painted again and again', async () => {
    const x = input('x', [7, 5]);
    const program = await backend.compile({ inputs: [x], outputs: { map: mul(x, x) } });
    const sheet = new Sheet();
    for (const round of [1, 2]) {
      const fed = drawn([7, 5]);
      const { map: kept } = await program.keep({ x: fed });
      const { readBacks } = backend.counters;
      await paint(backend, kept!, sheet.canvas, { over });
      check(backend.counters.readBacks === readBacks, `round ${round}: numbers were fetched`);
      const squares = tensor(
        [7, 5],
        fed.data.map((v) => v * v),
      );
      same(await sheet.pixels(), expected(squares, { over }));
      kept!.release();
    }
    await program.release();
  });

  it('is one colour where the map is constant', async () => {
    const sheet = new Sheet();
    await paint(backend, tensor([2, 2], 3), sheet.canvas);
    same(await sheet.pixels(), expected(tensor([2, 2], 3), {}));
  });

  it('is painted on a new device after a loss', async () => {
    const sheet = new Sheet();
    await paint(backend, map, sheet.canvas);
    const { device } = await backend.gpu();
    device.destroy();
    await device.lost;
    await paint(backend, map, sheet.canvas);
    same(await sheet.pixels(), expected(map, {}));
  });

  it('is refused by name where it cannot be', async () => {
    const sheet = new Sheet();
    const says = async (message: RegExp, run: () => Promise<void>): Promise<void> => {
      const error = (await rejection(run, 'it paints')) as Error;
      check(message.test(error.message), error.message);
    };
    await says(/float32 \[h, w\], not float32 \[3, 7, 5\]/, () => paint(backend, drawn([3, 7, 5]), sheet.canvas));
    await says(/the picture beneath is 37×29 .* canvas 8×8/, () =>
      paint(backend, map, new OffscreenCanvas(8, 8), { over }),
    );
    await says(/opacity is 0 … 1, not 2/, () => paint(backend, map, sheet.canvas, { opacity: 2 }));
    const flat = new OffscreenCanvas(width, height);
    flat.getContext('2d');
    await says(/context of another kind/, () => paint(backend, map, flat));
  });
});
