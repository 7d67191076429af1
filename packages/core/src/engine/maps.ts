import type { Kernels } from '../backend/kernels.ts';
import { SightlineError } from '../errors.ts';
import type { ModelInfo } from '../model/model.ts';
import type { Explanation, Method } from '../plugin/types.ts';
import { isTensor, size, tensor, type Tensor } from '../tensor/tensor.ts';

/** A method's own map as metrics and eyes want it, the size of the network's input. */
export function presentable(
  map: Tensor,
  display: Method['display'],
  info: ModelInfo,
  kernels: Kernels,
): { saliency: Tensor; heat: Tensor } {
  const saliency = atInputSize(map, display === 'positive', info, kernels);
  const shown =
    display === 'magnitude'
      ? tensor(saliency.dims, saliency.data.map(Math.abs))
      : tensor(
          saliency.dims,
          saliency.data.map((v) => Math.max(v, 0)),
        );
  return { saliency, heat: kernels.minMax(shown) };
}

/**
 * [C, H, W] summed over channels; [h, w] brought to the input's size by bilinear interpolation, its negative part cut first
 * where `positive` (ReLU, then upsampling: the order of the CAM papers' own code). Throws `bad-input` for other shapes.
 */
export function atInputSize(
  map: Tensor,
  positive: boolean,
  { input: [channels, height, width] }: ModelInfo,
  kernels: Kernels,
): Tensor {
  const flat = planar(map);
  if (flat.dims.length === 3) {
    if (flat.dims.join() !== [channels, height, width].join()) throw misfit(map, height, width, channels);
    return summed(flat);
  }
  if (flat.dims.length !== 2 || size(flat.dims) === 0) throw misfit(map, height, width, channels);
  const cut = positive
    ? tensor(
        flat.dims,
        flat.data.map((v) => Math.max(v, 0)),
      )
    : flat;
  if (cut.dims[0] === height && cut.dims[1] === width) return cut;
  const resized = kernels.resize(tensor([1, ...cut.dims], cut.data), [height, width], 'bilinear');
  return tensor([height, width], resized.data);
}
const misfit = (map: Tensor, height: number, width: number, channels: number): SightlineError =>
  new SightlineError(
    'bad-input',
    `a map is [h, w] or [${channels}, ${height}, ${width}], not [${map.dims.join(', ')}]`,
    { dims: map.dims },
  );

function summed({ dims, data }: Tensor): Tensor {
  const [channels, height, width] = dims as [number, number, number];
  const result = tensor([height, width]);
  for (let c = 0; c < channels; c++)
    for (let i = 0; i < height * width; i++) result.data[i]! += data[c * height * width + i]!;
  return result;
}

/**
 * A map from outside as metrics want it: of another size than the input's it counts as a CAM, and its negative part is cut. Throws
 * `bad-input` where it is no float32 tensor that holds what its dims say.
 */
export function measurable(map: Tensor, info: ModelInfo, kernels: Kernels): Tensor {
  if (!isTensor(map) || map.type !== 'float32')
    throw new SightlineError('bad-input', 'a map is a float32 tensor, with as many numbers as its dims say');
  checkFinite(map, 'the map handed over has');
  const flat = planar(map);
  return atInputSize(flat, flat.dims.length === 2 && flat.dims.join() !== info.input.slice(1).join(), info, kernels);
}

/** Throws `bad-plugin` where a method handed back no map, `runtime` where the map holds NaN or infinity. */
export function checkExplanation(explanation: unknown, method: string): asserts explanation is Explanation {
  const map = (explanation as Partial<Explanation> | null | undefined)?.map;
  if (!isTensor(map) || map.type !== 'float32')
    throw new SightlineError('bad-plugin', `${method} must hand back { map }, a float32 tensor [h, w] or [C, H, W]`);
  checkFinite(map, `${method} made a map with`);
}

/** Such a number would be drawn as nothing, or as everything. */
function checkFinite(map: Tensor, what: string): void {
  const bad = map.data.findIndex((v) => !Number.isFinite(v));
  if (bad >= 0)
    throw new SightlineError(
      'runtime',
      `${what} ${map.data[bad]} at element ${bad}: the network's numbers overflow on this input`,
    );
}

/** [1, h, w] is [h, w]. */
const planar = (map: Tensor): Tensor =>
  map.dims.length === 3 && map.dims[0] === 1 ? tensor(map.dims.slice(1), map.data) : map;
