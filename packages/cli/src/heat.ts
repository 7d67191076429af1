import type { AttributionData, Kernels, Picture } from '@sightline/core';

type ColourMapName = NonNullable<NonNullable<Parameters<Kernels['colourMap']>[1]>['map']>;
/** Core's colour maps for heat 0 … 1. */
export const colourMaps = ['ember', 'lagoon', 'grey'] as const satisfies readonly ColourMapName[];

/**
 * The heat map over the picture it explains, at the picture's own size; what the network did not see stays as it is. Where the
 * picture is transparent it lies on white, as the network saw it. Photographs have millions of pixels: plain loops.
 */
export function paint(
  { width, height, data: under }: Picture,
  { heat, crop }: Pick<AttributionData, 'heat' | 'crop'>,
  { kernels, opacity, map }: { kernels: Kernels; opacity: number; map: ColourMapName },
): Picture {
  const [rows, columns] = heat.dims as readonly [number, number];
  const across = places(width, crop.x, crop.width, columns);
  const down = places(height, crop.y, crop.height, rows);
  const ramp = Float32Array.from({ length: 256 }, (_, i) => i / 255);
  const colours = kernels.colourMap({ type: 'float32', dims: [256], data: ramp }, { map });
  const data = new Uint8ClampedArray(4 * width * height);
  const line = new Float64Array(columns); // the map at the height of a row of pixels
  const { first, second, share, seen } = across;
  let at = 0;
  for (let y = 0; y < height; y++) {
    const above = down.first[y]! * columns;
    const below = down.second[y]! * columns;
    const v = down.share[y]!;
    for (let c = 0; c < columns; c++) line[c] = heat.data[above + c]! * (1 - v) + heat.data[below + c]! * v;
    const shown = down.seen[y]! * opacity;
    for (let x = 0; x < width; x++, at += 4) {
      const left = line[first[x]!]!;
      const colour = 4 * ((255 * (left + (line[second[x]!]! - left) * share[x]!) + 0.5) | 0);
      const over = seen[x]! * shown;
      const solid = ((1 - over) * under[at + 3]!) / 255;
      const rest = 255 * (1 - over - solid) + 0.5; // white where neither is; bytes are cut, so this rounds
      data[at] = (under[at]! * solid + colours[colour]! * over + rest) | 0;
      data[at + 1] = (under[at + 1]! * solid + colours[colour + 1]! * over + rest) | 0;
      data[at + 2] = (under[at + 2]! * solid + colours[colour + 2]! * over + rest) | 0;
      data[at + 3] = 255;
    }
  }
  return { width, height, data };
}

/** For every pixel along a side: between which two cells of the map its centre lies, how near the second, and whether it was seen. */
function places(pixels: number, from: number, length: number, cells: number) {
  const [first, second] = [new Int32Array(pixels), new Int32Array(pixels)];
  const [share, seen] = [new Float64Array(pixels), new Uint8Array(pixels)];
  for (let i = 0; i < pixels; i++) {
    const place = ((i + 0.5 - from) / length) * cells - 0.5;
    const below = Math.floor(place);
    first[i] = Math.min(cells - 1, Math.max(0, below));
    second[i] = Math.min(cells - 1, Math.max(0, below + 1));
    share[i] = place - below;
    seen[i] = Number(place >= -0.5 && place <= cells - 0.5);
  }
  return { first, second, share, seen };
}
