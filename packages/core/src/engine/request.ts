import { fieldsOf, onlyKnown, SightlineError } from '../errors.ts';
import { Job, type Placement } from '../model/job.ts';
import type { Network } from '../model/network.ts';
import { classTarget, weightsOf, type Target } from '../model/target.ts';
import { logitsOf } from '../model/verbs/score.ts';
import type { Method, Need } from '../plugin/types.ts';
import type { Tensor } from '../tensor/tensor.ts';
import type { AttributionData, EvaluateRequest, ExplainRequest, ModelSummary } from './types.ts';

const explainFields = fieldsOf<ExplainRequest>({ method: true, target: true, options: true });
const evaluateFields = fieldsOf<EvaluateRequest>({
  ...{ metric: true, input: true, map: true, target: true, options: true, model: true },
});

/** Throws `bad-option` where it is no request: a field that nothing reads would be ignored without a word. */
export function checkExplain(request: ExplainRequest): void {
  onlyKnown('the request of explain()', request, explainFields);
  if (typeof request.method !== 'string') throw nameless('explain', 'method');
}
export function checkEvaluate(request: EvaluateRequest): void {
  onlyKnown('the request of evaluate()', request, evaluateFields);
  if (typeof request.metric !== 'string') throw nameless('evaluate', 'metric');
}
const nameless = (verb: string, kind: string): SightlineError =>
  new SightlineError('bad-option', `the request of ${verb}() names no ${kind}: { ${kind}: '…' }`);

/** What only runs the network, and so explains any that runs. */
const blackBox: ReadonlySet<string> = new Set<Need>(['score', 'maskedScore', 'maskedSum']);

/** A network that keeps no layer to look into has no gradients either: the reason for that is what helps. */
export function refuseBlackBox(method: Method, { undifferentiable, layers }: ModelSummary): void {
  const looksInside = method.needs.some((need) => !blackBox.has(need));
  if (!undifferentiable || !looksInside || layers.length > 0) return;
  throw new SightlineError(
    'unsupported',
    `${method.name} looks inside the network, and this one can only be run: ${undifferentiable}. Black-box methods (RISE) explain it`,
    { method: method.name },
  );
}

/** For the engine's own single runs. */
export const uninterrupted = (network: Network): Job => new Job(network, () => Promise.resolve());

/** Where a job ran, and what the backends that come first had against it. */
export function placed(
  placements: readonly Placement[],
  network: Network,
): Pick<AttributionData, 'backend' | 'refusals'> {
  const names = new Set(placements.map(({ backend }) => backend));
  const refusals = Object.assign({}, ...placements.map((placement) => placement.refusals)) as Record<string, string>;
  return { backend: [...names].join(' + ') || network.backend.name, refusals };
}

export async function resolveTarget(
  network: Network,
  input: Tensor,
  asked: NonNullable<ExplainRequest['target']>,
): Promise<Target> {
  if (asked === 'top') {
    const { data } = await logitsOf(uninterrupted(network), input);
    return classTarget(data.indexOf(data.reduce((a, b) => Math.max(a, b), -Infinity)));
  }
  const target = typeof asked === 'number' ? classTarget(asked) : asked;
  if (typeof target !== 'object' || target === null)
    throw new SightlineError(
      'bad-target',
      `a target is the number of a class, 'top', or { weights, of }, not ${JSON.stringify(asked)}`,
    );
  weightsOf(target, network.info.classes); // throws where a class is out of range
  return target;
}

export function oneClass({ weights }: Target, labels: readonly string[] | undefined): AttributionData['class'] {
  const [only] = weights;
  return weights.length === 1 && only ? { index: only[0], label: labels?.[only[0]] } : undefined;
}
