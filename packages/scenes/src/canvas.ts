import type { Colour } from './colour.ts';

export const width = 64;
export const height = 64;
/** Each pixel is sampled on a grid of side × side points, so its coverage is a whole number out of 16. */
const side = 4;
const samples = side * side;

/** [x0, y0, x1, y1] in pixels; x1 and y1 are one past the last pixel. */
export type Box = readonly [x0: number, y0: number, x1: number, y1: number];

/** Something to paint: whether a point belongs to it, its colour there, and a box that holds it all. */
export interface Shape {
  readonly inside: (x: number, y: number) => boolean;
  readonly colour: (x: number, y: number) => Colour;
  readonly bounds: Box;
}

/** 1 where a shape covers at least half of the pixel. */
export type Mask = Uint8Array;

export class Canvas {
  readonly #pixels = new Float64Array(width * height * 3);

  /** Colours every pixel by its centre. */
  fill(colour: (x: number, y: number) => Colour): void {
    for (let i = 0; i < width * height; i++) {
      const [red, green, blue] = colour((i % width) + 0.5, Math.floor(i / width) + 0.5);
      this.#pixels[3 * i] = red;
      this.#pixels[3 * i + 1] = green;
      this.#pixels[3 * i + 2] = blue;
    }
  }

  /** Blends a shape over what is there, in proportion to its coverage. */
  paint(shape: Shape, covered: Uint8Array = coverage(shape)): void {
    for (let i = 0; i < covered.length; i++) {
      if (!covered[i]) continue;
      const colour = shape.colour((i % width) + 0.5, Math.floor(i / width) + 0.5);
      const alpha = covered[i]! / samples;
      for (let c = 0; c < 3; c++) {
        const under = this.#pixels[3 * i + c]!;
        this.#pixels[3 * i + c] = under + (colour[c]! - under) * alpha;
      }
    }
  }

  /** RGBA bytes; `grain` is added to the three channels of a pixel before rounding. */
  toPicture(grain: () => number): { width: number; height: number; data: Uint8ClampedArray } {
    const data = new Uint8ClampedArray(width * height * 4);
    for (let i = 0; i < width * height; i++) {
      const added = grain();
      for (let c = 0; c < 3; c++) data[4 * i + c] = Math.floor(this.#pixels[3 * i + c]! + added + 0.5);
      data[4 * i + 3] = 255;
    }
    return { width, height, data };
  }
}

/** How many of the 16 points of each pixel lie inside the shape. */
export function coverage({ inside, bounds }: Shape): Uint8Array {
  const covered = new Uint8Array(width * height);
  const [left, top] = [Math.max(0, Math.floor(bounds[0])), Math.max(0, Math.floor(bounds[1]))];
  for (let row = top; row < bounds[3] && row < height; row++) {
    for (let column = left; column < bounds[2] && column < width; column++) {
      let count = 0;
      for (let s = 0; s < samples; s++) {
        if (inside(column + ((s % side) + 0.5) / side, row + (Math.floor(s / side) + 0.5) / side)) count++;
      }
      covered[row * width + column] = count;
    }
  }
  return covered;
}

export function toMask(covered: Uint8Array): Mask {
  return covered.map((count) => (2 * count >= samples ? 1 : 0));
}

export function area(mask: Mask): number {
  return mask.reduce((sum, pixel) => sum + pixel, 0);
}

/** The tightest box around a mask's pixels; [0, 0, 0, 0] when there are none. */
export function boxOf(mask: Mask): Box {
  let [x0, y0, x1, y1] = [width, height, 0, 0];
  mask.forEach((pixel, i) => {
    if (!pixel) return;
    const [x, y] = [i % width, Math.floor(i / width)];
    [x0, y0, x1, y1] = [Math.min(x0, x), Math.min(y0, y), Math.max(x1, x + 1), Math.max(y1, y + 1)];
  });
  return x1 > 0 ? [x0, y0, x1, y1] : [0, 0, 0, 0];
}
