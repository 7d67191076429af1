import { height, width } from './canvas.ts';
import type { Shape } from './canvas.ts';
import { figures } from './classes.ts';
import type { Figure } from './classes.ts';
import type { Colour } from './colour.ts';
import { place, turn } from './place.ts';
import type { Random } from './random.ts';

/** Things that are of no class, so that colour, texture and clutter alone tell nothing. */
export type DistractorKind = 'line' | 'scribble' | 'letter' | 'blob' | 'fragment';

type Point = readonly [x: number, y: number];

/** Strokes of width 2 · `radius` along a path, with round ends. */
function strokes(path: readonly Point[], radius: number, colour: Colour): Shape {
  const xs = path.map(([x]) => x);
  const ys = path.map(([, y]) => y);
  return {
    bounds: [Math.min(...xs) - radius, Math.min(...ys) - radius, Math.max(...xs) + radius, Math.max(...ys) + radius],
    colour: () => colour,
    inside: (x, y) =>
      path.some(([x1, y1], i) => {
        const [x0, y0] = path[i === 0 ? 0 : i - 1]!;
        const [dx, dy] = [x1 - x0, y1 - y0];
        const length = dx * dx + dy * dy;
        const along = length > 0 ? ((x - x0) * dx + (y - y0) * dy) / length : 0;
        const t = along < 0 ? 0 : along > 1 ? 1 : along;
        const [ex, ey] = [x - x0 - t * dx, y - y0 - t * dy];
        return ex * ex + ey * ey <= radius * radius;
      }),
  };
}

/** Letters as one path each, on a square of side 2; none that a class could be taken for. */
const letters: readonly (readonly Point[])[] = [
  [
    [-0.6, -1],
    [-0.6, 1],
    [0.6, 1],
  ], // L
  [
    [-0.8, -1],
    [0, 1],
    [0.8, -1],
  ], // V
  [
    [-0.7, 1],
    [-0.7, -1],
    [0.7, 1],
    [0.7, -1],
  ], // N
  [
    [-0.7, -1],
    [0.7, -1],
    [-0.7, 1],
    [0.7, 1],
  ], // Z
  [
    [-0.9, -1],
    [-0.5, 1],
    [0, -0.3],
    [0.5, 1],
    [0.9, -1],
  ], // W
  [
    [-0.6, 1],
    [-0.6, -1],
    [0.6, -1],
    [-0.6, -1],
    [-0.6, 0],
    [0.4, 0],
  ], // F
  [
    [-0.6, -1],
    [-0.6, 1],
    [-0.6, 0],
    [0.6, 0],
    [0.6, -1],
    [0.6, 1],
  ], // H
  [
    [-0.6, -1],
    [-0.6, 1],
    [-0.6, 0.2],
    [0.6, -1],
    [-0.2, -0.2],
    [0.6, 1],
  ], // K
];

const between = (chance: Random, low: number, high: number): number => low + (high - low) * chance.next();

const makers: Record<DistractorKind, (chance: Random, x: number, y: number, colour: Colour) => Shape> = {
  line(chance, x, y, colour) {
    const [cosine, sine] = turn(chance);
    const half = between(chance, 6, 20);
    const ends: Point[] = [
      [x - half * cosine, y - half * sine],
      [x + half * cosine, y + half * sine],
    ];
    return strokes(ends, between(chance, 0.6, 1.7), colour);
  },
  scribble(chance, x, y, colour) {
    const path: Point[] = [[x, y]];
    for (let i = 0; i < 5; i++) {
      const [px, py] = path[i]!;
      const [cosine, sine] = turn(chance);
      const step = between(chance, 3, 8);
      path.push([px + step * cosine, py + step * sine]);
    }
    return strokes(path, between(chance, 0.5, 1.1), colour);
  },
  letter(chance, x, y, colour) {
    const [cosine, sine] = turn(chance);
    const size = between(chance, 3.5, 6);
    const path = letters[chance.integer(letters.length)]!;
    const turned = path.map(([u, v]): Point => [
      x + size * (u * cosine - v * sine),
      y + size * (u * sine + v * cosine),
    ]);
    return strokes(turned, between(chance, 0.7, 1.2), colour);
  },
  blob(chance, x, y, colour) {
    const path = [0, 1, 2].map((): Point => [x + between(chance, -3, 3), y + between(chance, -3, 3)]);
    return strokes(path, between(chance, 1.2, 2.4), colour);
  },
  /** Half of a figure at half its size: the look of a class without its shape. */
  fragment(chance, x, y, colour) {
    const halves: readonly Figure[] = [figures.disc, figures.star, figures.cross, figures.ring, figures.heart];
    const { inside, reach } = halves[chance.integer(halves.length)]!;
    const [spot, [cosine, sine]] = [place(x, y, between(chance, 3.5, 6), turn(chance)), turn(chance)];
    const extent = spot.scale * reach;
    return {
      bounds: [x - extent, y - extent, x + extent, y + extent],
      colour: () => colour,
      inside: (px, py) => {
        const [u, v] = spot.toOwn(px, py);
        return u * cosine + v * sine <= 0 && inside(u, v);
      },
    };
  },
};

const kinds = Object.keys(makers) as readonly DistractorKind[];

export function distractor(chance: Random, colour: Colour): { kind: DistractorKind; shape: Shape } {
  const kind = kinds[chance.integer(kinds.length)]!;
  const [x, y] = [between(chance, 3, width - 3), between(chance, 3, height - 3)];
  return { kind, shape: makers[kind](chance, x, y, colour) };
}
