import type { AttributionData, Picture } from '@sightline/core';
import { byId } from './dom.ts';

/** Colours of the heat map, low to high: even steps in lightness, and told apart by colour-blind eyes. */
const stops = [
  [12, 8, 38],
  [78, 14, 108],
  [148, 38, 103],
  [212, 72, 66],
  [247, 129, 26],
  [252, 206, 60],
  [252, 255, 190],
] as const;

function colour(share: number): readonly [number, number, number] {
  const at = Math.min(1, Math.max(0, share)) * (stops.length - 1);
  const low = Math.min(stops.length - 2, Math.floor(at));
  const [a, b] = [stops[low]!, stops[low + 1]!];
  const mix = (i: 0 | 1 | 2): number => Math.round(a[i] + (b[i] - a[i]) * (at - low));
  return [mix(0), mix(1), mix(2)];
}
const table = Array.from({ length: 256 }, (_, i) => colour(i / 255));

/** Small pictures are shown, and saved, at least this large. */
const SMALLEST = 512;

/** The picture with the heat map over the part of it that the network saw. */
export class View {
  readonly canvas = byId('view', HTMLCanvasElement);
  #picture: OffscreenCanvas | undefined;
  #heat: OffscreenCanvas | undefined;
  #crop: AttributionData['crop'] | undefined;
  #opacity = 0.75;

  constructor() {
    const ramp = byId('ramp', HTMLSpanElement);
    ramp.style.background = `linear-gradient(90deg, ${stops.map((rgb) => `rgb(${rgb.join(' ')})`).join(', ')})`;
  }

  set opacity(value: number) {
    this.#opacity = value;
    this.#draw();
  }

  showPicture(picture: Picture, description: string): void {
    this.#picture = raster(picture.width, picture.height, new Uint8ClampedArray(picture.data));
    this.#heat = undefined;
    const scale = Math.max(1, Math.ceil(SMALLEST / Math.max(picture.width, picture.height)));
    this.canvas.width = picture.width * scale;
    this.canvas.height = picture.height * scale;
    this.canvas.setAttribute('aria-label', description);
    delete this.canvas.dataset['method'];
    this.#draw();
  }

  showHeat({ heat, crop, method }: AttributionData, description: string): void {
    const [height, width] = heat.dims as readonly [number, number];
    const pixels = new Uint8ClampedArray(4 * width * height);
    heat.data.forEach((value, i) => {
      const [r, g, b] = table[Math.round(255 * Math.min(1, Math.max(0, value)))] ?? [0, 0, 0];
      // Where there is no heat the picture shines through.
      pixels.set([r, g, b, 255 * (0.3 + 0.7 * value)], 4 * i);
    });
    this.#heat = raster(width, height, pixels);
    this.#crop = crop;
    this.canvas.setAttribute('aria-label', description);
    this.canvas.dataset['method'] = method;
    this.#draw();
  }

  clearHeat(): void {
    this.#heat = undefined;
    delete this.canvas.dataset['method'];
    this.#draw();
  }

  #draw(): void {
    const context = this.canvas.getContext('2d');
    if (!context || !this.#picture) return;
    const { width, height } = this.canvas;
    context.clearRect(0, 0, width, height);
    context.imageSmoothingQuality = 'high';
    context.drawImage(this.#picture, 0, 0, width, height);
    if (!this.#heat || !this.#crop) return;
    const scale = width / this.#picture.width;
    const { x, y, width: w, height: h } = this.#crop;
    context.globalAlpha = this.#opacity;
    context.drawImage(this.#heat, x * scale, y * scale, w * scale, h * scale);
    context.globalAlpha = 1;
  }

  png(): Promise<Blob> {
    return new Promise((resolve, reject) => {
      this.canvas.toBlob(
        (blob) => (blob ? resolve(blob) : reject(new Error('This browser could not make a PNG of the picture.'))),
        'image/png',
      );
    });
  }
}

function raster(width: number, height: number, pixels: Uint8ClampedArray<ArrayBuffer>): OffscreenCanvas {
  const canvas = new OffscreenCanvas(width, height);
  canvas.getContext('2d')?.putImageData(new ImageData(pixels, width, height), 0, 0);
  return canvas;
}
