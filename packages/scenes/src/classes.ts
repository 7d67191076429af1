/** A class is a figure around the origin: about as large to the eye as a disc of radius 1, and within `reach` of the origin. */
export interface Figure {
  readonly reach: number;
  readonly inside: (x: number, y: number) => boolean;
}

type Point = readonly [x: number, y: number];

/** Even-odd rule on the edges between neighbouring corners. */
function polygon(corners: readonly Point[], scale: number): (x: number, y: number) => boolean {
  const points = corners.map(([x, y]): Point => [x * scale, y * scale]);
  return (x, y) => {
    let inside = false;
    points.forEach(([x0, y0], i) => {
      const [x1, y1] = points[(i + 1) % points.length]!;
      if (y0 > y !== y1 > y && x < x0 + ((y - y0) / (y1 - y0)) * (x1 - x0)) inside = !inside;
    });
    return inside;
  };
}

// Corners on the unit circle are written out: sines differ in the last bit between engines, and so would pixels.
const triangle: readonly Point[] = [
  [0, -1],
  [0.8660254, 0.5],
  [-0.8660254, 0.5],
];
const pentagon: readonly Point[] = [
  [0, -1],
  [0.9510565, -0.309017],
  [0.5877853, 0.809017],
  [-0.5877853, 0.809017],
  [-0.9510565, -0.309017],
];
/** A star's inner corners, as a share of its outer radius. */
const waist = 0.45;
const star = pentagon.flatMap((tip, i): Point[] => {
  const [x, y] = pentagon[(i + 3) % 5]!; // the tip across from the notch after this one
  return [tip, [-x * waist, -y * waist]];
});

export const figures = {
  disc: { reach: 1, inside: (x, y) => x * x + y * y <= 1 },
  square: { reach: 1.25, inside: (x, y) => x <= 0.88 && x >= -0.88 && y <= 0.88 && y >= -0.88 },
  triangle: { reach: 1.32, inside: polygon(triangle, 1.32) },
  star: { reach: 1.36, inside: polygon(star, 1.36) },
  cross: {
    reach: 1.19,
    inside: (x, y) => {
      const [across, down] = [x < 0 ? -x : x, y < 0 ? -y : y];
      return across <= 1.13 && down <= 1.13 && (across <= 0.36 || down <= 0.36);
    },
  },
  ring: {
    reach: 1.08,
    inside: (x, y) => {
      const squared = x * x + y * y;
      return squared <= 1.08 * 1.08 && squared >= 0.56 * 0.56;
    },
  },
  crescent: {
    reach: 1.18,
    inside: (x, y) => x * x + y * y <= 1.18 * 1.18 && (x - 0.55) * (x - 0.55) + y * y >= 0.92 * 0.92,
  },
  heart: {
    // (u² + v² − 1)³ ≤ u² v³, up is −y.
    reach: 1.25,
    inside: (x, y) => {
      const [u, v] = [x / 0.93, 0.12 - y / 0.93];
      const round = u * u + v * v - 1;
      return round * round * round <= u * u * v * v * v;
    },
  },
} as const satisfies Record<string, Figure>;

export type ClassName = keyof typeof figures;

/** In the order of the network's outputs. */
export const classNames = Object.keys(figures) as readonly ClassName[];
