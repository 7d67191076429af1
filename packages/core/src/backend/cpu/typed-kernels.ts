import { colourTable } from '../../../kernels/colour-map/reference.ts';
import { resizeTaps } from '../../../kernels/resize/reference.ts';
import { riseRows } from '../../../kernels/rise-masks/reference.ts';
import { borders } from '../../../kernels/blur/reference.ts';
import { SightlineError } from '../../errors.ts';
import { size, tensor, type AnyTensor, type Tensor } from '../../tensor/tensor.ts';
import type { Kernels } from '../kernels.ts';
import type { references } from './kernels.generated.ts';

/** Every kernel as its folder defines it: on typed arrays and numbers, whichever twin computes it. */
export type RawKernels = typeof references;

/** The kernels that methods see, over those of one twin: shapes checked, results and scratch allocated. */
export function typedKernels(raw: RawKernels): Kernels {
  return {
    resize(source, [outHeight, outWidth], mode = 'bilinear') {
      const [planes, height, width] = picture(source, 'resize');
      if (outHeight < 1 || outWidth < 1) refuse(`resize to ${outHeight}×${outWidth}: a picture has at least one pixel`);
      const rows = resizeTaps(mode, height, outHeight);
      const columns = resizeTaps(mode, width, outWidth);
      const result = tensor([...source.dims.slice(0, -2), outHeight, outWidth]);
      const scratch = new Float32Array(height * outWidth);
      // prettier-ignore
      raw.resize(source.data, rows.index, rows.weight, columns.index, columns.weight, result.data, scratch, planes, height, width, outHeight, outWidth, rows.taps);
      return result;
    },

    minMax(source, planes = 1) {
      const pixels = source.data.length / planes;
      if (!Number.isInteger(pixels)) refuse(`minMax: [${source.dims.join(', ')}] has no ${planes} equal parts`);
      const result = tensor(source.dims);
      raw.minMax(source.data, result.data, planes, pixels);
      return result;
    },

    weightedChannelSum(activation, weights) {
      const [channels, height, width] = picture(activation, 'weightedChannelSum');
      fits(weights, [channels], 'weightedChannelSum: weights');
      const result = tensor([height, width]);
      raw.weightedChannelSum(activation.data, weights.data, result.data, channels, height * width);
      return result;
    },

    maskBlend(image, mask, baseline) {
      const [channels, height, width] = picture(image, 'maskBlend');
      const [count] = picture(mask, 'maskBlend');
      fits(mask, mask.dims.length === 2 ? [height, width] : [count, height, width], 'maskBlend: mask');
      const behind = typeof baseline === 'number' ? tensor(image.dims, baseline) : baseline;
      fits(behind, image.dims, 'maskBlend: baseline');
      const result = tensor(mask.dims.length === 2 ? image.dims : [count, channels, height, width]);
      raw.maskBlend(image.data, mask.data, behind.data, result.data, count, channels, height * width);
      return result;
    },

    blur(source, taps, border = 'mirror') {
      const [planes, height, width] = picture(source, 'blur');
      if (taps.length % 2 === 0) refuse(`blur: ${taps.length} taps have no middle one`);
      const result = tensor(source.dims);
      const scratch = new Float32Array(height * width + width + taps.length - 1);
      raw.blur(source.data, taps, result.data, scratch, planes, height, width, taps.length, borders.indexOf(border));
      return result;
    },

    rank(values) {
      const count = values.data.length;
      const result = new Int32Array(count);
      raw.rank(values.data, result, new Int32Array(3 * count + 1024), count);
      return result;
    },

    riseMasks(bits, shifts, [height, width]) {
      const [count, cells] = gridDims(bits, 'riseMasks');
      fits(shifts, [count, 2], 'riseMasks: shifts');
      const result = tensor([count, height, width]);
      const scratch = new Float32Array(cells * width);
      raw.riseMasks(floats(bits), integers(shifts), result.data, scratch, count, cells, height, width);
      return result;
    },

    riseRows(shifts, cells, [height, width]) {
      const count = shifts.dims[0] ?? 0;
      fits(shifts, [count, 2], 'riseRows: shifts');
      const { rows, columns } = riseRows(integers(shifts), cells, height, width);
      return { rows: tensor([count, height, cells], rows), columns: tensor([count, cells, width], columns) };
    },

    riseAccumulate(scores, rows, bits, columns, into) {
      const [count, cells] = gridDims(bits, 'riseAccumulate');
      const height = rows.dims[1] ?? 0;
      const width = columns.dims[2] ?? 0;
      fits(scores, [count], 'riseAccumulate: scores');
      fits(rows, [count, height, cells], 'riseAccumulate: rows');
      fits(columns, [count, cells, width], 'riseAccumulate: columns');
      const map = into ?? tensor([height, width]);
      fits(map, [height, width], 'riseAccumulate: into');
      const scratch = new Float32Array(cells * width);
      raw.riseAccumulate(
        scores.data,
        rows.data,
        floats(bits),
        columns.data,
        map.data,
        scratch,
        count,
        cells,
        height,
        width,
      );
      return map;
    },

    reductions(values) {
      const result = new Float64Array(4);
      raw.reductions(values.data, result, values.data.length);
      return { sum: result[0]!, max: result[1]!, min: result[2]!, mean: result[3]! };
    },

    colourMap(heat, { map = 'ember', over, opacity = 0.5 } = {}) {
      const pixels = heat.data.length;
      if (over && over.length !== 4 * pixels)
        refuse(`colourMap: a picture of ${over.length / 4} pixels under heat of ${pixels}`);
      const result = new Uint8ClampedArray(4 * pixels);
      const under = over ? new Uint8Array(over.buffer, over.byteOffset, over.length) : new Uint8Array(0);
      raw.colourMap(heat.data, colourTable(map), under, new Uint8Array(result.buffer), over ? opacity : 1, pixels);
      return result;
    },
  };
}

/** Planes, height and width of [..., h, w]. */
function picture({ dims }: Tensor, kernel: string): [planes: number, height: number, width: number] {
  if (dims.length < 2 || size(dims) === 0)
    refuse(`${kernel}: [${dims.join(', ')}] is no picture; it takes [..., height, width]`);
  return [size(dims.slice(0, -2)), dims.at(-2)!, dims.at(-1)!];
}

/** N and s of [N, s, s]. */
function gridDims({ dims }: AnyTensor, kernel: string): [count: number, cells: number] {
  if (dims.length !== 3 || dims[1] !== dims[2]) refuse(`${kernel}: bits are [N, s, s], not [${dims.join(', ')}]`);
  return [dims[0]!, dims[1]!];
}

function fits({ dims }: AnyTensor, expected: readonly number[], what: string): void {
  if (dims.length === expected.length && dims.every((d, i) => d === expected[i])) return;
  refuse(`${what} [${dims.join(', ')}] should be [${expected.join(', ')}]`);
}

function refuse(message: string): never {
  throw new SightlineError('bad-input', message);
}

const floats = ({ data }: AnyTensor): Float32Array =>
  data instanceof Float32Array ? data : Float32Array.from(data as ArrayLike<number>, Number);
const integers = ({ data }: AnyTensor): Int32Array =>
  data instanceof Int32Array ? data : Int32Array.from(data as ArrayLike<number>, Number);
