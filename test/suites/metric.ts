import { classTarget, type Target } from '../../packages/core/src/model/target.ts';
import { resolveOptions } from '../../packages/core/src/plugin/options.ts';
import type { Metric, MetricResult } from '../../packages/core/src/plugin/types.ts';
import { random } from '../../packages/core/src/tensor/random.ts';
import { tensor, type Tensor } from '../../packages/core/src/tensor/tensor.ts';
import { constant, evidence, linearGap, type ClosedForm } from '../nets/closed-form.ts';
import { check, close, contextOf, only, pluginSuite, withoutMathRandom, type Framework } from './harness.ts';

const target = classTarget(0);

/** What every metric must do at all, on classifiers whose right map is known. `options` replace defaults. */
export function metricSuite(
  metric: Metric,
  framework: Framework,
  options: Readonly<Record<string, unknown>> = {},
): void {
  const { describe, it } = framework;
  const known = evidence();
  const same = constant();
  // A metric of localisation wants the object: here the disc of the evidence, all of it.
  const disc = tensor(
    [16, 16],
    known.truth.data.map((v) => Number(v > 0.1)),
  );
  const truth = metric.options['truth']?.kind === 'tensor' ? { truth: disc } : {};
  const resolved = resolveOptions(metric.name, metric.options, { ...truth, ...options });
  const seeded = 'seed' in metric.options;

  const evaluate = (
    net: ClosedForm,
    map: Tensor,
    more: { seed?: number; target?: Target; onCall?: (name: string) => void; signal?: AbortSignal } = {},
  ): Promise<MetricResult> =>
    withoutMathRandom(() =>
      metric.evaluate(
        only(net.model, metric.needs, more.onCall),
        net.input,
        more.target ?? target,
        map,
        seeded ? { ...resolved, seed: more.seed ?? 1 } : resolved,
        contextOf(seeded ? (more.seed ?? 1) : undefined, more.signal),
      ),
    );

  describe(`metric ${metric.name}`, () => {
    pluginSuite(framework, metric, (onCall, signal) => evaluate(known, known.truth, { onCall, signal }));

    it('says which way is better', () =>
      check(['higher', 'lower'].includes(metric.better), `'${metric.better}' is neither higher nor lower`));

    it('gives finite numbers, and the same ones twice', async () => {
      const maps: readonly (readonly [ClosedForm, Tensor])[] = [
        [known, known.truth],
        [known, tensor([16, 16], 1)], // a constant map, which no min-max can scale
        [linearGap(), noise(3)],
        [same, noise(4)],
      ];
      for (const [net, map] of maps) {
        const [once, again] = [await evaluate(net, map), await evaluate(net, map)];
        const numbers = [once.value, ...Object.values(once.details ?? {}).flat()];
        check(numbers.every(Number.isFinite), `${net.name}: not all numbers are finite: ${JSON.stringify(once)}`);
        check(JSON.stringify(once) === JSON.stringify(again), `${net.name}: two runs give two results`);
      }
    });

    it('leaves the input and the map as they were', async () => {
      const [input, map] = [known.input.data.slice(), known.truth.data.slice()];
      await evaluate(known, known.truth);
      check(
        input.every((v, i) => v === known.input.data[i]),
        'the input has changed',
      );
      check(
        map.every((v, i) => v === known.truth.data[i]),
        'the map has changed',
      );
    });

    it('finds the true map better than a random one, and that better than the true one reversed', async () => {
      const better = (a: number, b: number): boolean => (metric.better === 'higher' ? a > b : a < b);
      const right = (await evaluate(known, known.truth)).value;
      const wrong = (
        await evaluate(
          known,
          tensor(
            [16, 16],
            known.truth.data.map((v) => 1 - v),
          ),
        )
      ).value;
      const values: number[] = [];
      for (let seed = 0; seed < 5; seed++) values.push((await evaluate(known, noise(seed))).value);
      const chance = values.reduce((a, b) => a + b, 0) / values.length;
      check(better(right, chance), `the true map has ${right}, random ones ${chance}, and ${metric.better} is better`);
      check(
        better(chance, wrong),
        `random maps have ${chance}, the reversed one ${wrong}, and ${metric.better} is better`,
      );
    });

    it('gives the score itself where it measures a curve of scores and the score never changes', async () => {
      const { value, details } = await evaluate(same, noise(0));
      if (!details?.['curve']) return;
      check(close(value, same.probability, 1e-6), `the score is ${same.probability} all along, and the value ${value}`);
    });

    if (seeded) {
      it('draws lots by its seed: another seed, another value', async () => {
        const [one, other] = [
          await evaluate(known, noise(0), { seed: 1 }),
          await evaluate(known, noise(0), { seed: 2 }),
        ];
        check(one.value !== other.value, 'two seeds give the same value');
      });
    }
  });
}

const noise = (seed: number): Tensor => {
  const stream = random(seed);
  return tensor(
    [16, 16],
    Array.from({ length: 256 }, () => stream.next()),
  );
};
