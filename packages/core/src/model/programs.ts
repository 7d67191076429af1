import { backward, deepLift, gradient } from '../backward/index.ts';
import { SightlineError } from '../errors.ts';
import { input } from '../graph/build.ts';
import { add, expand, matMul, mul, reshape, sub, zeros } from '../graph/ops.ts';
import type { Graph, Shaped, Value } from '../graph/value.ts';
import { rewrite } from '../graph/walk.ts';
import type { Classifier } from './classifier.ts';
import type { Target } from './target.ts';

/** The graphs that a classifier's verbs run. Each is forward ops only; the target comes in as data, so another class compiles nothing. */

/** The cotangent's name: one that no file's own input has. */
export const targetInput = 'sightline target';

export const scoreGraph = ({ picture, logits }: Classifier): Graph => ({ inputs: [picture], outputs: { logits } });

const scoresOf = ({ logits, probabilities }: Classifier, of: Target['of']): Shaped =>
  of === 'logit' ? logits : probabilities;

/** d(Σ target · scores)/d(at). */
function gradientOf(classifier: Classifier, of: Target['of'], at: Shaped): { target: Shaped; result: Shaped } {
  const scores = scoresOf(classifier, of);
  const target = input(targetInput, [1, scores.dims[1]!]);
  const seeds = new Map<Value, Shaped>([[scores, expand(target, scores.dims)]]);
  return { target, result: backward(seeds, [at], [['*', gradient]]).get(at)! };
}

export function gradientGraph(classifier: Classifier, of: Target['of']): Graph {
  const { target, result } = gradientOf(classifier, of, classifier.picture);
  return { inputs: [classifier.picture, target], outputs: { logits: classifier.logits, gradient: result } };
}

export function tapGraph(classifier: Classifier, of: Target['of']): Graph {
  const activation = layerOf(classifier);
  const { target, result } = gradientOf(classifier, of, activation);
  return { inputs: [classifier.picture, target], outputs: { logits: classifier.logits, activation, gradient: result } };
}

/** DeepLIFT-Rescale from the scores down to the layer, held against the same tail run on zeros: constants, folded when the graph is compiled. */
export function multipliersGraph(classifier: Classifier, of: Target['of']): Graph {
  const activation = layerOf(classifier);
  const scores = scoresOf(classifier, of);
  const nothing = zeros(activation.dims);
  const reference = rewrite([scores], (original) =>
    original.outputs.includes(activation) ? original.outputs.map((o) => (o === activation ? nothing : o)) : undefined,
  );
  const target = input(targetInput, [1, scores.dims[1]!]);
  const composite = deepLift((value) => reference(value) as Shaped);
  const result = backward(new Map<Value, Shaped>([[scores, expand(target, scores.dims)]]), [activation], composite).get(
    activation,
  )!;
  return {
    inputs: [classifier.picture, target],
    outputs: { logits: classifier.logits, activation, multipliers: result },
  };
}

export interface MaskShape {
  readonly grid: readonly number[];
  readonly rows: readonly number[];
  readonly columns: readonly number[];
  readonly baseline: boolean;
}
/**
 * Scores of picture ⊙ mask + baseline ⊙ (1 − mask) for a batch of masks = rows · grid · columns: only small arrays go in.
 * `build` makes the classifier on the masked pictures.
 */
export function maskedGraph({ picture, logits }: Classifier, { grid, rows, columns, baseline }: MaskShape): Graph {
  const [n, c, h, w] = picture.dims as [number, number, number, number];
  const image = input('image', [1, c, h, w]);
  const fill = input('baseline', [1, c, h, w]);
  const parts = [input('grid', grid), input('rows', rows), input('columns', columns)] as const;
  const mask = reshape(matMul(parts[1], matMul(parts[0], parts[2])), [n, 1, h, w]);
  // One multiplication where the baseline is zero; image·m + fill·(1 − m) = fill + (image − fill)·m otherwise.
  const masked = baseline ? add(fill, mul(sub(image, fill), mask)) : mul(image, mask);
  const renewed = rewrite(
    [logits],
    () => undefined,
    (leaf) => (leaf === picture ? masked : leaf),
  );
  return { inputs: [image, ...(baseline ? [fill] : []), ...parts], outputs: { logits: renewed(logits) } };
}

function layerOf({ layer }: Classifier): Shaped {
  if (!layer) throw new SightlineError('bad-layer', 'no layer was named');
  return layer;
}
