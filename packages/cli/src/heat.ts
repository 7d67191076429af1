import type { AttributionData, Kernels, Picture, Tensor } from '@sightline/core';

type ColourMapName = NonNullable<NonNullable<Parameters<Kernels['colourMap']>[1]>['map']>;
/** Core's colour maps for heat 0 … 1. */
export const colourMaps = ['ember', 'lagoon', 'grey'] as const satisfies readonly ColourMapName[];

/** The heat map over the picture it explains, at the picture's own size; what the network did not see stays as it is. */
export function paint(
  picture: Picture,
  { heat, crop }: Pick<AttributionData, 'heat' | 'crop'>,
  { kernels, opacity, map }: { kernels: Kernels; opacity: number; map: ColourMapName },
): Picture {
  const { width, height } = picture;
  const [rows, columns] = heat.dims as readonly [number, number];
  const whole: Tensor = { type: 'float32', dims: [height, width], data: new Float32Array(height * width) };
  const unseen: number[] = [];
  for (let y = 0; y < height; y++) {
    const v = ((y + 0.5 - crop.y) / crop.height) * rows - 0.5;
    for (let x = 0; x < width; x++) {
      const u = ((x + 0.5 - crop.x) / crop.width) * columns - 0.5;
      const seen = u >= -0.5 && v >= -0.5 && u <= columns - 0.5 && v <= rows - 0.5;
      if (seen) whole.data[y * width + x] = sample(heat.data, columns, rows, u, v);
      else unseen.push(y * width + x);
    }
  }
  const data = kernels.colourMap(whole, { map, over: picture.data, opacity });
  for (const p of unseen) data.set(picture.data.subarray(4 * p, 4 * p + 4), 4 * p);
  return { width, height, data };
}

/** Bilinear, the edge's value beyond the edge: core's own resizing knows whole pictures only, and this is a crop of one. */
function sample(values: Float32Array, width: number, height: number, u: number, v: number): number {
  const [x0, y0] = [Math.floor(u), Math.floor(v)];
  const at = (x: number, y: number): number =>
    values[Math.min(height - 1, Math.max(0, y)) * width + Math.min(width - 1, Math.max(0, x))]!;
  const above = at(x0, y0) + (at(x0 + 1, y0) - at(x0, y0)) * (u - x0);
  const below = at(x0, y0 + 1) + (at(x0 + 1, y0 + 1) - at(x0, y0 + 1)) * (u - x0);
  return above + (below - above) * (v - y0);
}
