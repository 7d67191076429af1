import { readFileSync } from 'node:fs';
import { inflateRawSync } from 'node:zlib';
import { packedFiles, parseNpy, type NpyArray } from './npy-format.ts';

export { parseNpy, type NpyArray } from './npy-format.ts';

export const readNpy = (path: string | URL): NpyArray => parseNpy(readFileSync(path));

/** The arrays of an .npz file, by name. */
export function readNpz(path: string | URL): Map<string, NpyArray> {
  const arrays = new Map<string, NpyArray>();
  for (const { name, bytes, deflated } of packedFiles(readFileSync(path)))
    arrays.set(name.replace(/\.npy$/, ''), parseNpy(deflated ? inflateRawSync(bytes) : bytes));
  return arrays;
}
