import { height, width } from './canvas.ts';
import { fromHue, mix } from './colour.ts';
import type { Colour } from './colour.ts';
import { place, turn } from './place.ts';
import type { Random } from './random.ts';
import { anyTexture, pattern } from './texture.ts';

export interface Background {
  readonly colour: (x: number, y: number) => Colour;
  /** What stands on it must stand off these. */
  readonly colours: readonly Colour[];
  /** Strength of the grain over the whole picture, in pixel values. */
  readonly grain: number;
}

/** Muted colours: a gradient, clouds or a faint pattern, so that objects and distractors alone are vivid. */
export function background(chance: Random): Background {
  const hue = chance.next();
  const value = 0.16 + 0.78 * chance.next();
  const near = fromHue(hue, 0.08 + 0.3 * chance.next(), value);
  const shift = value < 0.5 ? 0.16 : -0.16;
  const far = fromHue(
    hue + 0.2 * (chance.next() - 0.5),
    0.08 + 0.3 * chance.next(),
    value + shift * (0.4 + chance.next()),
  );
  const grain = chance.next() < 0.35 ? 0 : 3 + 17 * chance.next();
  const colour = [gradient, clouds, faint][chance.integer(3)]!(chance, near, far);
  return { colour, colours: [near, far], grain };
}

type Fill = (chance: Random, near: Colour, far: Colour) => (x: number, y: number) => Colour;

const gradient: Fill = (chance, near, far) => {
  const { toOwn } = place(width / 2, height / 2, 86, turn(chance));
  return (x, y) => mix(near, far, toOwn(x, y)[0] + 0.5);
};

/** Random values on a grid, smoothly joined (the polynomial 3t² − 2t³), at two sizes. */
const clouds: Fill = (chance, near, far) => {
  const layers = [22, 9].map((cell) => {
    const columns = Math.floor(width / cell) + 2;
    const values = Float64Array.from({ length: columns * columns }, () => chance.next());
    return (x: number, y: number): number => {
      const [column, row] = [Math.floor(x / cell), Math.floor(y / cell)];
      const at = (dx: number, dy: number): number => values[(row + dy) * columns + column + dx]!;
      const [u, v] = [smooth(x / cell - column), smooth(y / cell - row)];
      const above = at(0, 0) + (at(1, 0) - at(0, 0)) * u;
      const below = at(0, 1) + (at(1, 1) - at(0, 1)) * u;
      return above + (below - above) * v;
    };
  });
  return (x, y) => mix(near, far, 0.68 * layers[0]!(x, y) + 0.32 * layers[1]!(x, y));
};

const faint: Fill = (chance, near, far) => {
  const { toOwn } = place(0, 0, 1, turn(chance));
  const paint = pattern(anyTexture(chance), 5 + 9 * chance.next(), near, mix(near, far, 0.3 + 0.5 * chance.next()));
  return (x, y) => paint(...toOwn(x, y));
};

function smooth(t: number): number {
  return t * t * (3 - 2 * t);
}
