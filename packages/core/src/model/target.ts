import { SightlineError } from '../errors.ts';

/**
 * What is explained: a weighted sum of the classifier's outputs. Plain data.
 * `of` says which outputs: the logits (before any final Softmax), or the probabilities after it.
 */
export interface Target {
  readonly weights: readonly (readonly [index: number, weight: number])[];
  readonly of: 'logit' | 'probability';
}

/** The name under which programs take the target: one that no file's own input has. */
export const targetInput = 'sightline target';

/** One class. */
export const classTarget = (index: number, of: Target['of'] = 'logit'): Target => ({ weights: [[index, 1]], of });
/** Why `fact` rather than `foil`. */
export const contrast = (fact: number, foil: number): Target => ({
  weights: [
    [fact, 1],
    [foil, -1],
  ],
  of: 'logit',
});

/** The same classes, read as probabilities (or as logits). */
export const asProbability = (target: Target): Target => ({ ...target, of: 'probability' });
export const asLogit = (target: Target): Target => ({ ...target, of: 'logit' });

/** The target as a vector over the outputs: d(target)/d(outputs). Throws `bad-target` that says what would be right. */
export function weightsOf(target: Target, classes: number): Float32Array {
  const bad = (message: string): SightlineError => new SightlineError('bad-target', message);
  if (target.of !== 'logit' && target.of !== 'probability')
    throw bad(`a target is of: 'logit' or 'probability', not ${JSON.stringify(target.of)}`);
  const given: unknown = target.weights;
  if (!Array.isArray(given) || given.length === 0)
    throw bad('a target has weights [[class, weight], …], of one class at least');
  const vector = new Float32Array(classes);
  for (const [index, weight] of target.weights) {
    if (!Number.isFinite(weight)) throw bad(`the weight of class ${index} must be a finite number, not ${weight}`);
    if (!Number.isInteger(index) || index < 0 || index >= classes) {
      throw new SightlineError(
        'bad-target',
        `class ${index} is out of range: the model has classes 0 to ${classes - 1}`,
        { index, classes },
      );
    }
    vector[index]! += weight;
  }
  return vector;
}
