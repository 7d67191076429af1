import type { SignatureOf } from '../kernel.ts';

/**
 * result[p] = over[p] · (1 − opacity) + table[⌊255 · heat[p] + ½⌋] · opacity, all four bytes of RGBA, rounded half up
 *
 * Heat beyond 0 … 1 is clamped; NaN counts as 0. With opacity 1 the picture beneath is not read and may be empty.
 */
export function colourMap(
  heat: Float32Array,
  table: Uint8Array,
  over: Uint8Array,
  result: Uint8Array,
  opacity: number,
  pixels: number,
): void {
  for (let p = 0; p < pixels; p++) {
    const value = heat[p]!;
    const entry = Math.floor((value > 0 ? Math.min(value, 1) : 0) * 255 + 0.5);
    for (let b = 0; b < 4; b++) {
      const colour = table[4 * entry + b]!;
      result[4 * p + b] = opacity < 1 ? Math.floor(over[4 * p + b]! * (1 - opacity) + colour * opacity + 0.5) : colour;
    }
  }
}

export const signature = ['in f32', 'in u8', 'in u8', 'out u8', 'f32', 'i32'] as const satisfies SignatureOf<
  typeof colourMap
>;

/**
 * - `ember`: black by violet, red and orange to pale yellow
 * - `lagoon`: deep violet by blue and green to yellow
 * - `grey`: black to white, byte by byte
 * - `signed`: blue, white at one half, red
 *
 * Each but grey is a path through OKLCh (Ottosson 2020) with lightness in even steps, so that equal differences of heat look equal and
 * the map survives a grey print.
 */
export type ColourMapName = 'ember' | 'lagoon' | 'grey' | 'signed';

/** At heat t: lightness, chroma, and hue in degrees. */
const paths: Record<ColourMapName, (t: number) => readonly [number, number, number]> = {
  ember: (t) => [0.06 + 0.91 * t, 0.2 * Math.sin(Math.PI * (0.02 + 0.9 * t)) ** 0.7, 290 + 180 * t],
  lagoon: (t) => [0.25 + 0.67 * t, 0.1 + 0.04 * Math.sin(Math.PI * t), 310 - 205 * t],
  grey: (t) => [Math.cbrt(toLinear(t)), 0, 0],
  signed: (t) => [0.98 - 0.5 * Math.abs(2 * t - 1), 0.21 * Math.abs(2 * t - 1), t < 0.5 ? 258 : 27],
};
export const colourMapNames = Object.keys(paths) as readonly ColourMapName[];

const tables = new Map<ColourMapName, Uint8Array>();

/** 256 RGBA colours, opaque: [256, 4] bytes. Made once a map; colours that a screen cannot show lose chroma, not lightness. */
export function colourTable(name: ColourMapName): Uint8Array {
  const known = tables.get(name);
  if (known) return known;
  const table = new Uint8Array(1024);
  for (let i = 0; i < 256; i++) {
    const [lightness, chroma, hue] = paths[name](i / 255);
    let fits = 0;
    let beyond = 1;
    if (shown(oklchToRgb(lightness, chroma, hue))) fits = 1;
    for (let step = 0; fits < 1 && step < 20; step++) {
      const middle = (fits + beyond) / 2;
      if (shown(oklchToRgb(lightness, chroma * middle, hue))) fits = middle;
      else beyond = middle;
    }
    table.set([...oklchToRgb(lightness, chroma * fits, hue).map(toByte), 255], 4 * i);
  }
  tables.set(name, table);
  return table;
}

/** Linear light, each 0 … 1 where a screen can show it. */
function oklchToRgb(lightness: number, chroma: number, hue: number): [number, number, number] {
  const a = chroma * Math.cos((hue * Math.PI) / 180);
  const b = chroma * Math.sin((hue * Math.PI) / 180);
  const l = (lightness + 0.3963377774 * a + 0.2158037573 * b) ** 3;
  const m = (lightness - 0.1055613458 * a - 0.0638541728 * b) ** 3;
  const s = (lightness - 0.0894841775 * a - 1.291485548 * b) ** 3;
  return [
    4.0767416621 * l - 3.3077115913 * m + 0.2309699292 * s,
    -1.2684380046 * l + 2.6097574011 * m - 0.3413193965 * s,
    -0.0041960863 * l - 0.7034186147 * m + 1.707614701 * s,
  ];
}
const shown = (rgb: readonly number[]): boolean => rgb.every((v) => v >= -1e-6 && v <= 1 + 1e-6);
const toLinear = (v: number): number => (v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4);
const toByte = (linear: number): number =>
  Math.round(
    255 * Math.min(1, Math.max(0, linear <= 0.0031308 ? 12.92 * linear : 1.055 * linear ** (1 / 2.4) - 0.055)),
  );
