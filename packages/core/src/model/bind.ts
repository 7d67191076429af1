import type { Job } from './job.ts';
import type { Model, ModelInfo } from './model.ts';
import { activation } from './verbs/activation.ts';
import { classWeights } from './verbs/class-weights.ts';
import { gradient } from './verbs/gradient.ts';
import { maskedScore } from './verbs/masked-score.ts';
import { maskedSum } from './verbs/masked-sum.ts';
import { multipliers } from './verbs/multipliers.ts';
import { relevance } from './verbs/relevance.ts';
import { score } from './verbs/score.ts';
import { tail } from './verbs/tail.ts';
import { tapAtSize } from './verbs/tap-at-size.ts';
import { tap } from './verbs/tap.ts';

/** A job's network with every verb of Model: each is a file of `verbs/`, with the graph that it runs. */
export const bindModel = (job: Job): Model & { readonly info: ModelInfo } => ({
  info: job.info,
  score: score(job),
  maskedScore: maskedScore(job),
  maskedSum: maskedSum(job),
  gradient: gradient(job),
  activation: activation(job),
  tail: tail(job),
  tap: tap(job),
  tapAtSize: tapAtSize(job),
  multipliers: multipliers(job),
  relevance: relevance(job),
  classWeights: classWeights(job),
});
