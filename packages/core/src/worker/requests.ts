import type { Attribution } from '../engine/attribution.ts';
import { onlyKnown } from '../errors.ts';
import type { EvaluateRequest, ExplainRequest, Hooks } from '../engine/types.ts';

/** A request with the job's signal and progress beside its fields, as one object literal reads best. */
export type WithHooks<R> = R & Hooks;

/** The plain request, which crosses to the worker, and the job's own part, which cannot. */
export function parted<J extends Hooks>(
  request: WithHooks<ExplainRequest>,
  job: J,
): { readonly request: ExplainRequest; readonly job: J } {
  onlyKnown('the request of explain()', request, ['method', 'target', 'options', 'signal', 'onProgress']);
  const { signal, onProgress, ...plain } = request;
  return { request: plain, job: { ...(signal && { signal }), ...(onProgress && { onProgress }), ...job } };
}

/** What to measure an attribution by: a metric's name, or its name and options. */
export type MetricChoice =
  string | { readonly metric: string; readonly options?: NonNullable<EvaluateRequest['options']> };

/** The request that measures an attribution: its own input, map and target. */
export function requestFor(attribution: Attribution, choice: MetricChoice): EvaluateRequest {
  const chosen = typeof choice === 'string' ? { metric: choice } : choice;
  const { input, saliency: map, target, model } = attribution;
  return { ...chosen, input, map, target, model };
}
