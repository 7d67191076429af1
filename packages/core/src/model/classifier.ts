import { backward, gradient } from '../backward/index.ts';
import { near, SightlineError } from '../errors.ts';
import { input, shaped } from '../graph/build.ts';
import { instantiate, type Bindings, type NamedGraph } from '../graph/instantiate.ts';
import type { OnnxFile } from '../graph/onnx/read.ts';
import { expand, reshape, softmax } from '../graph/ops.ts';
import { foldBatchNorm } from '../graph/passes/fold-batch-norm.ts';
import type { Shaped, Value } from '../graph/value.ts';
import { topological } from '../graph/walk.ts';
import type { ModelInfo } from './model.ts';
import { targetInput, type Target } from './target.ts';

/** A network with static shapes, read as a classifier: what programs are built from. */
export interface Classifier {
  /** [N, C, H, W] */
  readonly picture: Shaped;
  /** [N, K]: the tensor before a final Softmax, or the output itself. */
  readonly logits: Shaped;
  /** The tensor asked for by name. */
  readonly layer: Shaped | undefined;
}

const activations = new Set([
  ...[
    'Relu',
    'LeakyRelu',
    'PRelu',
    'Elu',
    'Selu',
    'Celu',
    'Clip',
    'Sigmoid',
    'HardSigmoid',
    'HardSwish',
    'Softplus',
    'Tanh',
    'Gelu',
    'Mish',
  ],
  ...[
    'Conv',
    'ConvTranspose',
    'BatchNormalization',
    'Add',
    'Mul',
    'Concat',
    'MaxPool',
    'AveragePool',
    'InstanceNormalization',
    'LRN',
    'Where',
  ],
]);
const pools = new Set(['MaxPool', 'AveragePool']);

/** The classifier of a file at one batch size, BatchNormalization folded but where `layer` needs it as it is. Throws `bad-layer`, `unsupported`. */
export function classifierOf(file: OnnxFile, bindings: Bindings, layer?: string): Classifier {
  const graph = instantiate(file, bindings);
  const picture = pictureOf(graph);
  const asked = layer === undefined ? undefined : namedLayer(graph, layer);
  const rawLogits = logitsOf(graph);
  const roots = asked ? [rawLogits, asked] : [rawLogits];
  const renewed = foldBatchNorm(roots, new Set(asked ? [asked] : []));
  const folded = shaped(renewed(rawLogits));
  const classes = folded.dims.slice(1).reduce((product, d) => product * d, 1);
  const logits = reshape(folded, [bindings.batch, classes]);
  return { picture, logits, layer: asked && shaped(renewed(asked)) };
}

/** The layer that the classifier was made with. */
export function layerOf({ layer }: Classifier): Shaped {
  if (!layer) throw new SightlineError('bad-layer', 'no layer was named');
  return layer;
}

export const classifierScores = (logits: Shaped, of: Target['of']): Shaped =>
  of === 'logit' ? logits : softmax(logits, 1);

/** What a backward walk starts from: the target comes in as data, so another class compiles nothing. */
export function seedOf(scores: Shaped): { target: Shaped; seeds: Map<Value, Shaped> } {
  const target = input(targetInput, [1, scores.dims[1]!]);
  return { target, seeds: new Map<Value, Shaped>([[scores, expand(target, scores.dims)]]) };
}

/** d(Σ target · scores)/d(at). */
export function gradientOf(classifier: Classifier, of: Target['of'], at: Shaped): { target: Shaped; result: Shaped } {
  const { target, seeds } = seedOf(classifierScores(classifier.logits, of));
  return { target, result: backward(seeds, [at], [['*', gradient]]).get(at)! };
}

function pictureOf(graph: NamedGraph): Shaped {
  const pictures = graph.inputs.filter(({ dims, type }) => dims?.length === 4 && type === 'float32');
  if (pictures.length !== 1 || graph.inputs.length !== 1) {
    const found = graph.inputs.map(({ name, type, dims }) => `${name} ${type} [${dims?.join(', ')}]`).join('; ');
    throw new SightlineError(
      'unsupported',
      `a classifier takes one float picture [N, C, H, W]; this model takes ${found || 'nothing'}`,
    );
  }
  return shaped(pictures[0]!);
}

/** The output, or what a final Softmax is made of, if there is one (behind reshapes). */
function logitsOf(graph: NamedGraph): Shaped {
  const [name, output] = Object.entries(graph.outputs)[0]!;
  let value: Value = output;
  while (value.node?.op === 'Reshape') value = value.node.inputs[0]!;
  const last = value.node?.op === 'Softmax' ? value.node.inputs[0]! : output;
  const { dims } = shaped(last);
  if (dims.length < 2 || dims.slice(2).some((d) => d !== 1)) {
    throw new SightlineError(
      'unsupported',
      `the output '${name}' is [${dims.join(', ')}]: class scores [N, K] are expected`,
      { output: name },
    );
  }
  return shaped(last);
}
export function endsInSoftmax(graph: NamedGraph): boolean {
  let value: Value = Object.values(graph.outputs)[0]!;
  while (value.node?.op === 'Reshape') value = value.node.inputs[0]!;
  return value.node?.op === 'Softmax';
}

function namedLayer(graph: NamedGraph, layer: string): Shaped {
  const value = graph.values.get(layer);
  const spatial = spatialValues(graph);
  const names = [...new Set([...spatial.keys()])];
  if (!value || value.constant) {
    throw new SightlineError(
      'bad-layer',
      `the model has no tensor '${layer}'; near names: ${near(layer, names).join(', ')}`,
      { layer, near: near(layer, names) },
    );
  }
  if (![...spatial.values()].includes(value)) {
    throw new SightlineError(
      'bad-layer',
      `'${layer}' [${value.dims?.join(', ')}] is not a spatial layer [N, K, h, w] on the way to the scores; near ones: ${near(layer, names).join(', ')}`,
      { layer },
    );
  }
  return shaped(value);
}

/** Named tensors [N, K, h, w] with more than one position on the way from the picture to the scores, shallow to deep. */
function spatialValues(graph: NamedGraph): Map<string, Value> {
  const order = topological([logitsOf(graph)]);
  const place = new Map(order.map((value, i) => [value, i]));
  const found = [...graph.values].filter(([, value]) => {
    const [, , h, w] = value.dims ?? [];
    return place.has(value) && value.node && activations.has(value.node.op) && value.dims?.length === 4 && h! * w! > 1;
  });
  return new Map(found.sort(([, a], [, b]) => place.get(a)! - place.get(b)!));
}

export function layersOf(graph: NamedGraph): ModelInfo['layers'] {
  return [...spatialValues(graph)].map(([name, { dims }]) => ({
    name,
    dims: dims!.slice(1) as [number, number, number],
  }));
}

/**
 * The last spatial layer before the classifier pools it away: the deepest one that is not a pool itself. Fully convolutional heads
 * end in a map per class, which is that layer. Throws `bad-layer` where the network keeps no positions.
 */
export function defaultLayer(graph: NamedGraph): string {
  const spatial = [...spatialValues(graph)];
  const best = spatial.findLast(([, { node }]) => !pools.has(node!.op)) ?? spatial.at(-1);
  if (!best) {
    throw new SightlineError(
      'bad-layer',
      'the model has no spatial layer [N, K, h, w] that a class activation map could use',
    );
  }
  return best[0];
}
