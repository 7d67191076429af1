import type { SignatureOf } from '../kernel.ts';

/**
 * RISE's masks: each grid of s×s numbers is upsampled bilinearly to (s + 1)·⌈H/s⌉ by (s + 1)·⌈W/s⌉ and cropped to H×W at
 * its shift (row, column).
 *
 *   result[n, y, x] = Σ_i Σ_j row_n[y, i] · bits[n, i, j] · column_n[x, j],   two weights of each row not zero (`riseWeights`)
 *
 * Outside the grid its numbers are mirrored (c b | a b c), as in RISE's code: skimage.transform.resize(order=1, mode='reflect').
 * `scratch` holds one grid upsampled along its width: cells · width.
 */
export function riseMasks(
  bits: Float32Array,
  shifts: Int32Array,
  result: Float32Array,
  scratch: Float32Array,
  count: number,
  cells: number,
  height: number,
  width: number,
): void {
  for (let n = 0; n < count; n++) {
    const rows = riseTaps(cells, height, shifts[2 * n]!);
    const columns = riseTaps(cells, width, shifts[2 * n + 1]!);
    for (let i = 0; i < cells; i++) {
      const row = (n * cells + i) * cells;
      for (let x = 0; x < width; x++) {
        const t = columns.weight[x]!;
        scratch[i * width + x] = bits[row + columns.first[x]!]! * (1 - t) + bits[row + columns.second[x]!]! * t;
      }
    }
    for (let y = 0; y < height; y++) {
      const t = rows.weight[y]!;
      const first = rows.first[y]! * width;
      const second = rows.second[y]! * width;
      for (let x = 0; x < width; x++) {
        result[(n * height + y) * width + x] = scratch[first + x]! * (1 - t) + scratch[second + x]! * t;
      }
    }
  }
}

export const signature = [
  'in f32',
  'in i32',
  'out f32',
  'scratch f32',
  'i32',
  'i32',
  'i32',
  'i32',
] as const satisfies SignatureOf<typeof riseMasks>;

/** Which two cells a place of a shifted mask lies between, and how far it is towards the second. */
function riseTaps(
  cells: number,
  length: number,
  shift: number,
): { first: Int32Array; second: Int32Array; weight: Float32Array } {
  const upsampled = (cells + 1) * Math.ceil(length / cells);
  const mirrored = (cell: number): number => {
    const inside = Math.abs(cell);
    return Math.max(0, inside < cells ? inside : 2 * cells - 2 - inside);
  };
  const first = new Int32Array(length);
  const second = new Int32Array(length);
  const weight = new Float32Array(length);
  for (let i = 0; i < length; i++) {
    const at = ((i + shift + 0.5) * cells) / upsampled - 0.5;
    const below = Math.floor(at);
    first[i] = mirrored(below);
    second[i] = mirrored(below + 1);
    weight[i] = at - below;
  }
  return { first, second, weight };
}

/** The largest shift + 1 along an axis of `length`: shifts are drawn from 0 … this − 1. */
export const riseShifts = (cells: number, length: number): number => Math.ceil(length / cells);

/**
 * The masks' weights along one axis, so that mask_n = rows_n · grid_n · columns_nᵀ exactly: [N, length, cells], one shift an item.
 * A network's program can make its masks with them, two small products a mask.
 */
export function riseWeights(shifts: ArrayLike<number>, cells: number, length: number): Float32Array {
  const result = new Float32Array(shifts.length * length * cells);
  for (let n = 0; n < shifts.length; n++) {
    const { first, second, weight } = riseTaps(cells, length, shifts[n]!);
    for (let i = 0; i < length; i++) {
      const row = (n * length + i) * cells;
      result[row + first[i]!]! += 1 - weight[i]!;
      result[row + second[i]!]! += weight[i]!;
    }
  }
  return result;
}

/** The low-rank form of a batch of masks: rows [N, height, cells] and columns [N, cells, width], mask_n = rows_n · grid_n · columns_n. */
export function riseRows(
  shifts: Int32Array,
  cells: number,
  height: number,
  width: number,
): { rows: Float32Array; columns: Float32Array } {
  const count = shifts.length / 2;
  const along = riseWeights(
    shifts.filter((_, i) => i % 2 === 1),
    cells,
    width,
  );
  const columns = new Float32Array(along.length);
  for (let n = 0; n < count; n++) {
    for (let x = 0; x < width; x++) {
      for (let j = 0; j < cells; j++) columns[(n * cells + j) * width + x] = along[(n * width + x) * cells + j]!;
    }
  }
  return {
    rows: riseWeights(
      shifts.filter((_, i) => i % 2 === 0),
      cells,
      height,
    ),
    columns,
  };
}
