import type { Random } from './random.ts';

/** A quarter of an eighth's tangent range: tan(22.5°), so that t in ±this turns by ±45°. */
const halfEighth = 0.41421356237309503;

/** A turn by any angle as [cosine, sine], from the rational points of the circle: no sines, the same bits on every engine. */
export function turn(chance: Random): readonly [cosine: number, sine: number] {
  const t = (2 * chance.next() - 1) * halfEighth;
  const [cosine, sine] = [(1 - t * t) / (1 + t * t), (2 * t) / (1 + t * t)];
  switch (chance.integer(4)) {
    case 0:
      return [cosine, sine];
    case 1:
      return [-sine, cosine];
    case 2:
      return [-cosine, -sine];
    default:
      return [sine, -cosine];
  }
}

/** Where something lies: its own coordinates from the picture's. */
export interface Place {
  readonly x: number;
  readonly y: number;
  /** Pixels to one unit of its own coordinates. */
  readonly scale: number;
  readonly toOwn: (x: number, y: number) => readonly [x: number, y: number];
}

export function place(x: number, y: number, scale: number, [cosine, sine]: readonly [number, number]): Place {
  return {
    x,
    y,
    scale,
    toOwn: (px, py) => {
      const [dx, dy] = [(px - x) / scale, (py - y) / scale];
      return [dx * cosine + dy * sine, dy * cosine - dx * sine];
    },
  };
}
