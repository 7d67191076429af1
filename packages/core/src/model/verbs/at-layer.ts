import { SightlineError } from '../../errors.ts';
import type { Graph } from '../../graph/value.ts';
import type { Tensor } from '../../tensor/tensor.ts';
import type { Classifier } from '../classifier.ts';
import { checkPictures, pictureInput, scoreIn, targetFeed, type Job } from '../job.ts';
import { targetInput, type Target } from '../target.ts';

/** Throws `unsupported` for a probability: what is handed down in shares has no rule for a softmax. */
export function logitsOnly(target: Target, what: string): void {
  if (target.of === 'logit') return;
  throw new SightlineError('unsupported', `${what} explains logits, not probabilities: a softmax has no rule`);
}

/** One picture through a program that looks at a layer: `kind` and what else it depends on name it in the cache. */
export async function atLayer(
  job: Job,
  { kind, graph }: { readonly kind: string; readonly graph: (classifier: Classifier, of: Target['of']) => Graph },
  input: Tensor,
  target: Target,
  layer: string,
) {
  const { network, info, pause } = job;
  const { feed } = targetFeed(target, info);
  checkPictures(input, info);
  const name = network.layer(layer);
  await pause();
  const build = (): Graph => graph(network.classifier(1, name), target.of);
  const got = await job.run(`${kind} ${name} ${target.of}`, build, { [pictureInput(job)]: input, [targetInput]: feed });
  const score = scoreIn(job, input, got['logits']!, target);
  return { got, activation: got['activation']!, score };
}
