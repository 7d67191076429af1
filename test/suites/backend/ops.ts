import type { Backend } from '@sightline/core';
import { refusalOf } from '../../../packages/core/src/backend/chain.ts';
import { backward, gradient } from '../../../packages/core/src/backward/index.ts';
import { input } from '../../../packages/core/src/graph/build.ts';
import type { Graph, Shaped, Value } from '../../../packages/core/src/graph/value.ts';
import { random } from '../../../packages/core/src/tensor/random.ts';
import { size, tensor, type Tensor } from '../../../packages/core/src/tensor/tensor.ts';
import type { Reals } from '../../oracles/array.ts';
import { interpret } from '../../oracles/interpreter.ts';
import { built, type OpCase } from '../../rules/case.ts';
import { opCases } from '../../rules/cases.ts';
import { defaultTolerance, type Runner, type Subject } from '../backend.ts';
import { check } from '../harness.ts';
import { drawnCases } from './drawn.ts';

export const passes = ['forward', 'gradient'] as const;
export type Pass = (typeof passes)[number];
export const titleOf = ({ op, title }: OpCase): string => `${op} ${title}`;

/** The graph of a case, or of its gradient with what arrives at the output as one more input; and what is fed. */
export function caseGraph(opCase: OpCase, pass: Pass): { graph: Graph; feeds: ReadonlyMap<Shaped, Float32Array> } {
  const { y, inputs, feeds: drawn } = built(opCase, 7);
  const feeds = new Map([...drawn].map(([value, data]) => [value, Float32Array.from(data)]));
  if (pass === 'forward') return { graph: { inputs, outputs: { y } }, feeds };
  const dy = input('dy', y.dims);
  const { next } = random(8);
  feeds.set(
    dy,
    Float32Array.from({ length: size(y.dims) }, () => 2 * next() - 1),
  );
  const shares = backward(new Map([[y, dy]]), inputs, [['*', gradient]]);
  const outputs = Object.fromEntries(inputs.map((x) => [`d ${x.name}`, shares.get(x)!]));
  return { graph: { inputs: [...inputs, dy], outputs }, feeds };
}

/** Largest difference, as a share of the largest number, at least of 1; anything that is no number is infinitely far. */
export function distance(actual: ArrayLike<number>, expected: ArrayLike<number>): number {
  if (actual.length !== expected.length) return Infinity;
  let [worst, scale] = [0, 1];
  for (let i = 0; i < expected.length; i++) {
    const apart = Math.abs(actual[i]! - expected[i]!);
    worst = Math.max(worst, Number.isNaN(apart) ? Infinity : apart);
    scale = Math.max(scale, Math.abs(expected[i]!));
  }
  return worst / scale;
}

/** Each op of the rules' cases, forward and backward, against the interpreter in float64. */
export function opsSuite(subject: Subject, backend: Backend, { describe, it }: Runner): void {
  const { tolerances = {}, skips = {} } = subject;
  const cases = [...opCases, ...drawnCases(subject.draws ?? 0)];
  describe('runs each op and its gradient', () => {
    for (const opCase of cases) {
      for (const pass of passes) {
        const title = `${titleOf(opCase)}, ${pass}`;
        const skip = skips[title] ?? skips[titleOf(opCase)];
        const { graph, feeds } = caseGraph(opCase, pass);
        const refusal = refusalOf(backend, graph);
        const tolerance = tolerances[title] ?? tolerances[titleOf(opCase)];
        const limit = tolerance?.limit ?? defaultTolerance;
        if (skip !== undefined) it.skip(`${title}: left out: ${skip}`);
        else if (refusal !== undefined) it.skip(`${title}: refused: ${refusal}`);
        else
          it(`${title}${tolerance ? `, within ${limit}: ${tolerance.reason}` : ''}`, () =>
            agrees(backend, graph, feeds, limit));
      }
    }
    it('has no tolerance or skip for a case that is not there', () => {
      const titles = new Set(
        cases.flatMap((opCase) => [titleOf(opCase), ...passes.map((p) => `${titleOf(opCase)}, ${p}`)]),
      );
      const stale = [...Object.keys(tolerances), ...Object.keys(skips)].filter((title) => !titles.has(title));
      check(stale.length === 0, `no such case: ${stale.join('; ')}`);
    });
  });
}

async function agrees(
  backend: Backend,
  graph: Graph,
  feeds: ReadonlyMap<Shaped, Float32Array>,
  limit: number,
): Promise<void> {
  const reals = new Map<Value, Reals>(
    [...feeds].map(([value, data]) => [value, { dims: value.dims, data: Float64Array.from(data) }]),
  );
  const expected = interpret(Object.values(graph.outputs), reals);
  const program = await backend.compile(graph);
  try {
    const got = await program.run(
      Object.fromEntries([...feeds].map(([{ name, dims }, data]) => [name!, tensor(dims, data)])),
    );
    Object.entries(graph.outputs).forEach(([name, { dims }], i) => {
      const actual = got[name] as Tensor;
      check(actual.dims.join() === dims!.join(), `'${name}' is [${actual.dims.join()}], not [${dims!.join()}]`);
      const apart = distance(actual.data, expected[i]!.data);
      check(apart <= limit, `'${name}' is ${apart.toExponential(1)} away from float64, ${limit} allowed`);
    });
  } finally {
    await program.release();
  }
}
