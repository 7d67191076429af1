import type { Colour } from './colour.ts';
import type { Random } from './random.ts';

export const textures = ['plain', 'stripes', 'checks', 'dots'] as const;
export type Texture = (typeof textures)[number];

const fraction = (value: number): number => value - Math.floor(value);

/** How much of the second colour lies at a point: 0 or 1, repeating with period 1. */
const amounts: Record<Texture, (x: number, y: number) => number> = {
  plain: () => 0,
  stripes: (x) => (fraction(x) < 0.5 ? 0 : 1),
  checks: (x, y) => (fraction(x) < 0.5 === fraction(y) < 0.5 ? 0 : 1),
  dots: (x, y) => {
    const [dx, dy] = [fraction(x) - 0.5, fraction(y) - 0.5];
    return dx * dx + dy * dy < 0.1 ? 1 : 0;
  },
};

/** A pattern of two colours; `period` in the units of its coordinates. */
export function pattern(
  texture: Texture,
  period: number,
  first: Colour,
  second: Colour,
): (x: number, y: number) => Colour {
  const amount = amounts[texture];
  return (x, y) => (amount(x / period, y / period) ? second : first);
}

export function anyTexture(chance: Random): Texture {
  return textures[chance.integer(textures.length)]!;
}
