import { tails, type KernelCase } from '../kernel.ts';
import { colourMapNames, colourTable, type colourMap, type ColourMapName } from './reference.ts';

/** One step of a byte: a sum that lies on the half may round either way in float32. */
const blended = 1;

const one = (pixels: number, opacity: number, name: ColourMapName = 'ember'): KernelCase<typeof colourMap> => ({
  title: `${pixels} pixels of ${name}, opacity ${opacity}`,
  tolerance: opacity < 1 ? blended : 0, // a colour from the table is that colour
  parameters: (random) => [
    Float32Array.from({ length: pixels }, () => random.integer(256) / 255), // between the halves, where rounding is free
    colourTable(name),
    opacity < 1 ? Uint8Array.from({ length: 4 * pixels }, () => random.integer(256)) : new Uint8Array(0),
    new Uint8Array(4 * pixels),
    opacity,
    pixels,
  ],
});
const given = (values: readonly number[]): KernelCase<typeof colourMap> => ({
  title: `heat of ${values.join(', ')}`,
  tolerance: 0,
  parameters: () => [
    Float32Array.from(values),
    colourTable('lagoon'),
    new Uint8Array(0),
    new Uint8Array(4 * values.length),
    1,
    values.length,
  ],
});

export const cases: readonly KernelCase<typeof colourMap>[] = [
  ...tails.flatMap((pixels) => [one(pixels, 1), one(pixels, 0.5)]),
  ...colourMapNames.map((name) => one(256, 0.25, name)),
  one(50, 0),
  one(224 * 224, 0.6),
  given([-1, 0, 0.25, 1, 2, NaN, Infinity, -Infinity]),
];
