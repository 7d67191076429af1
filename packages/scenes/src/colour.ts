import type { Random } from './random.ts';

/** Red, green, blue; 0 … 255, not rounded. */
export type Colour = readonly [red: number, green: number, blue: number];

/** From a hue in turns [0, 1), a saturation and a value in [0, 1]; arithmetic only. */
export function fromHue(hue: number, saturation: number, value: number): Colour {
  const channel = (offset: number): number => {
    const turn = hue + offset - Math.floor(hue + offset);
    const distance = turn < 0.5 ? turn : 1 - turn; // from this channel's peak, 0 … 0.5
    const ramp = 2 - 6 * distance;
    const level = ramp < 0 ? 0 : ramp > 1 ? 1 : ramp;
    return 255 * value * (1 - saturation * (1 - level));
  };
  return [channel(0), channel(2 / 3), channel(1 / 3)];
}

export function mix(from: Colour, to: Colour, amount: number): Colour {
  const at = (i: 0 | 1 | 2): number => from[i] + (to[i] - from[i]) * amount;
  return [at(0), at(1), at(2)];
}

/** Distance weighted by how much the eye sees of each channel. */
export function distance(a: Colour, b: Colour): number {
  const [red, green, blue] = [a[0] - b[0], a[1] - b[1], a[2] - b[2]];
  return Math.sqrt(0.8 * red * red + 1.6 * green * green + 0.6 * blue * blue);
}

/** A bright or deep colour that stands off every colour of `against`; the best of 24 draws if none stands off enough. */
export function vivid(chance: Random, against: readonly Colour[], margin = 95): Colour {
  let best: Colour = [255, 255, 255];
  let reached = -1;
  for (let i = 0; i < 24 && reached < margin; i++) {
    const colour = fromHue(chance.next(), 0.35 + 0.6 * chance.next(), 0.45 + 0.55 * chance.next());
    const nearest = against.reduce((least, other) => Math.min(least, distance(colour, other)), Infinity);
    if (nearest > reached) [best, reached] = [colour, nearest];
  }
  return best;
}
