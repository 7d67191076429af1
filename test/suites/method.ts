import { SightlineError } from '../../packages/core/src/errors.ts';
import { classTarget, contrast, type Target } from '../../packages/core/src/model/target.ts';
import { resolveOptions } from '../../packages/core/src/plugin/options.ts';
import type { Explanation, Method } from '../../packages/core/src/plugin/types.ts';
import { size, tensor } from '../../packages/core/src/tensor/tensor.ts';
import { hiddenGap, linearGap, quadratic, type ClosedForm } from '../nets/closed-form.ts';
import { check, close, contextOf, only, pluginSuite, withoutMathRandom, type Framework } from './harness.ts';

const targets: readonly Target[] = [classTarget(0), classTarget(1), contrast(1, 2), classTarget(2, 'probability')];

/**
 * What every method must do, and what it claims to do, on classifiers whose answers are known. `options` replace defaults
 * (say, to make a costly method cheap).
 */
export function methodSuite(
  method: Method,
  framework: Framework,
  options: Readonly<Record<string, unknown>> = {},
): void {
  const { describe, it } = framework;
  const nets = [linearGap(), hiddenGap(), quadratic()];
  const pairs = nets.flatMap((net) => targets.map((target) => ({ net, target })));
  const claims = (claim: Method['claims'][number]): boolean => method.claims.includes(claim);
  const resolved = resolveOptions(method.name, method.options, options);
  const seeded = 'seed' in method.options;

  const explain = (
    net: ClosedForm,
    target: Target,
    seed = 1,
    more: { onCall?: (name: string) => void; signal?: AbortSignal } = {},
  ) =>
    withoutMathRandom(() =>
      method.explain(
        only(net.model, method.needs, more.onCall),
        net.input,
        target,
        seeded ? { ...resolved, seed } : resolved,
        contextOf(seeded ? seed : undefined, more.signal),
      ),
    );

  /** The explanation of a net and target, made once for all checks that only look at it. */
  const made = new Map<string, Explanation>();
  const explained = async (net: ClosedForm, target: Target): Promise<Explanation> => {
    const key = JSON.stringify([net.name, target]);
    const explanation = made.get(key) ?? (await explain(net, target));
    made.set(key, explanation);
    return explanation;
  };

  /** All pairs of net and target but those that the model itself refuses to answer for, as CAM's weights of a class: a method may have none. */
  let answered: readonly { readonly net: ClosedForm; readonly target: Target }[] | undefined;
  const everywhere = async (): Promise<readonly { readonly net: ClosedForm; readonly target: Target }[]> => {
    if (answered) return answered;
    const kept: { net: ClosedForm; target: Target }[] = [];
    for (const pair of pairs) {
      const refused = await explained(pair.net, pair.target).then(
        () => false,
        (error: unknown) => {
          if (error instanceof SightlineError && error.code === 'unsupported') return true;
          throw error;
        },
      );
      if (!refused) kept.push(pair);
    }
    check(kept.length > 0, 'it explains none of the nets');
    return (answered = kept);
  };

  describe(`method ${method.name}`, () => {
    pluginSuite(framework, method, (onCall, signal) => explain(nets[0]!, targets[0]!, 1, { onCall, signal }));

    it('gives finite numbers, and the same ones twice', async () => {
      for (const { net, target } of await everywhere()) {
        const [once, again] = [await explained(net, target), await explain(net, target)];
        check(finite(once), `${net.name}: not all numbers are finite`);
        check(same(once, again), `${net.name}: two runs give two maps`);
      }
    });

    it('gives a map of a shape that is known: [h, w] or [C, H, W], and a coefficient a channel', async () => {
      for (const { net, target } of await everywhere()) {
        const { map, coefficients } = await explained(net, target);
        check(
          map.data.length === size(map.dims),
          `${net.name}: dims [${map.dims.join(', ')}] do not fit ${map.data.length} numbers`,
        );
        const picture = infoOf(net).input;
        const fits = map.dims.length === 2 || (map.dims.length === 3 && map.dims.every((d, i) => d === picture[i]));
        check(
          fits,
          `${net.name}: a map [${map.dims.join(', ')}] is neither a grid nor a picture [${picture.join(', ')}]`,
        );
        const channels = infoOf(net).layers.map(({ dims }) => dims[0]);
        check(
          !coefficients || (coefficients.dims.length === 1 && channels.includes(coefficients.dims[0]!)),
          `${net.name}: not one coefficient a channel`,
        );
      }
    });

    it('leaves the input as it was', async () => {
      for (const { net, target } of (await everywhere()).filter(({ target }) => target === targets[0])) {
        const before = net.input.data.slice();
        await explain(net, target);
        check(equal(before, net.input.data), `${net.name}: the input has changed`);
      }
    });

    if (claims('completeness')) {
      it('claims completeness: the map sums to the target at the input minus at zero', async () => {
        for (const { net, target } of (await everywhere()).filter(
          ({ net, target }) => net.name !== 'ReLU head' && target.of === 'logit',
        )) {
          const { map } = await explained(net, target);
          const [here, there] = await net.model.score(
            tensor([2, ...net.input.dims.slice(1)], [...net.input.data, ...net.input.data.map(() => 0)]),
            target,
          );
          check(
            close(total(map.data), here! - there!, 1e-4),
            `${net.name}: the map sums to ${total(map.data)}, not ${here! - there!}`,
          );
        }
      });
    }

    if (claims('efficiency')) {
      it('claims efficiency: the coefficients sum to F(A) − F(0)', async () => {
        for (const { net, target } of (await everywhere()).filter(({ target }) => target.of === 'logit')) {
          const { coefficients } = await explained(net, target);
          check(coefficients, 'it hands back no coefficients');
          const { activation } = await net.model.tap(net.input, target, 'auto');
          const difference =
            net.head(activation.data, target) -
            net.head(
              activation.data.map(() => 0),
              target,
            );
          check(
            close(total(coefficients.data), difference, 1e-4),
            `${net.name}: they sum to ${total(coefficients.data)}, not ${difference}`,
          );
        }
      });
    }

    if (claims('sensitive-to-target')) {
      it('claims to be sensitive to the target: another class, another map', async () => {
        for (const { net } of (await everywhere()).filter(({ target }) => target === targets[1])) {
          const [one, other] = [
            (await explained(net, targets[0]!)).map.data,
            (await explained(net, targets[1]!)).map.data,
          ];
          const change = Math.max(...one.map((v, i) => Math.abs(v - other[i]!)));
          check(change > 1e-2 * Math.max(...one.map(Math.abs)), `${net.name}: two classes have the same map`);
        }
      });
    }

    if (claims('signed')) {
      it('claims to be signed: evidence for and evidence against both show', async () => {
        const maps: Explanation[] = [];
        for (const { net, target } of await everywhere()) maps.push(await explained(net, target));
        check(
          maps.some(({ map }) => map.data.some((v) => v < 0)),
          'no map on any net has a negative number',
        );
        check(
          maps.some(({ map }) => map.data.some((v) => v > 0)),
          'no map on any net has a positive number',
        );
      });
    }

    if (claims('non-negative')) {
      it('claims to be non-negative', async () => {
        for (const { net, target } of (await everywhere()).filter(({ target }) =>
          target.weights.every(([, weight]) => weight > 0),
        )) {
          check(
            (await explained(net, target)).map.data.every((v) => v >= 0),
            `${net.name}: the map has negative numbers`,
          );
        }
      });
    }

    it(
      seeded ? 'draws lots by its seed: another seed, another map' : 'draws no lots, or has an option for the seed',
      async () => {
        check(seeded === claims('seeded'), "the option 'seed' and the claim 'seeded' go together");
        if (!seeded) return; // the context of all runs above had no random numbers to give
        // On a head that is not linear: on a linear one, chance may cancel exactly (SHAP values).
        const [one, other] = [await explain(nets[1]!, targets[0]!, 1), await explain(nets[1]!, targets[0]!, 2)];
        check(!same(one, other), 'two seeds give the same map');
      },
    );
  });
}

const infoOf = (net: ClosedForm) => only(net.model, []).info;
const total = (values: Float32Array): number => values.reduce((a, b) => a + b, 0);
const equal = (a: Float32Array, b: Float32Array): boolean =>
  a.length === b.length && a.every((v, i) => Object.is(v, b[i]));
const finite = ({ map, coefficients }: Explanation): boolean =>
  [map, coefficients].every((t) => !t || t.data.every(Number.isFinite));
const same = (a: Explanation, b: Explanation): boolean =>
  equal(a.map.data, b.map.data) &&
  equal(a.coefficients?.data ?? new Float32Array(), b.coefficients?.data ?? new Float32Array());
