import type { Backend, Program, Resident } from '@sightline/core';
import { chain } from '../../../packages/core/src/backend/chain.ts';
import { SightlineError, type ErrorCode } from '../../../packages/core/src/errors.ts';
import { input, node } from '../../../packages/core/src/graph/build.ts';
import { add, matMul, mul, numbers, relu } from '../../../packages/core/src/graph/ops.ts';
import type { Graph } from '../../../packages/core/src/graph/value.ts';
import { tensor } from '../../../packages/core/src/tensor/tensor.ts';
import type { Runner, Subject } from '../backend.ts';
import { check, rejection } from '../harness.ts';

const x = input('x', [2, 3]);
const doubled: Graph = { inputs: [x], outputs: { y: mul(x, numbers([1, 3], [2, 2, 2])) } };
const shifted: Graph = { inputs: [x], outputs: { y: add(x, numbers([1, 3], [1, 2, 3])), z: relu(x) } };
const a = tensor([2, 3], [1, -2, 3, -4, 5, -6]);
const twice = [2, -4, 6, -8, 10, -12];
const equal = (
  actual: { readonly data: ArrayLike<number | bigint> },
  expected: readonly number[],
  what: string,
): void => {
  const got = Array.from(actual.data, Number);
  check(got.join() === expected.join(), `${what}: ${got.join(', ')} instead of ${expected.join(', ')}`);
};

async function failsWith(code: ErrorCode, message: RegExp, run: () => Promise<unknown>): Promise<void> {
  const error = await rejection(run, `it should fail with '${code}'`);
  check(error instanceof SightlineError, `a SightlineError was due, not ${String(error)}`);
  check(error.code === code, `'${code}' was due, not '${error.code}': ${error.message}`);
  check(message.test(error.message), `the message does not match ${String(message)}: ${error.message}`);
}

/** What the engine leans on, beyond the numbers: backend.ts says it in words. */
export function contractSuite(subject: Subject, backend: Backend, reference: Backend, { describe, it }: Runner): void {
  const using = async (graph: Graph, work: (program: Program) => Promise<void>): Promise<void> => {
    const program = await backend.compile(graph);
    try {
      await work(program);
    } finally {
      await program.release();
    }
  };

  describe('keeps the contract of backends', () => {
    it('says its name and its limits, and estimates what a program takes', async () => {
      check(backend.name === subject.name, `its name is '${backend.name}'`);
      const { memory, batch } = backend.limits;
      check(memory > 0 && batch.bytes > 0 && batch.items >= 1, 'limits are positive');
      await using(doubled, async ({ bytes, backend: ran }) => {
        check(bytes >= 24, `${bytes} bytes cannot hold what it makes`);
        check(ran === backend.name, `the program says '${ran}'`);
      });
    });

    it('refuses an op that does not exist, by node, op and reason', async () => {
      const strange = node('NoSuchOp', [x], {}, { domain: 'no.such', name: 'head/strange' });
      const refusal = backend.refuses(strange);
      check(refusal !== undefined && /NoSuchOp/.test(refusal), `it says: ${refusal}`);
    });

    it('is not blocked by a graph that it cannot compile, and neither is the CPU', async () => {
      const wrong = node('NoSuchOp', [x], {}, { name: 'strange' });
      const bad: Graph = { inputs: [x], outputs: { y: { ...wrong.outputs[0]!, dims: [2, 3] } } };
      const error = await rejection(() => backend.compile(bad), 'it compiles an op that does not exist');
      check(error instanceof SightlineError, `a SightlineError was due, not ${String(error)}`);
      const after = await reference.compile(doubled);
      equal((await after.run({ x: a }))['y']!, twice, 'y on the CPU');
      await after.release();
      await using(doubled, async (program) => equal((await program.run({ x: a }))['y']!, twice, 'y'));
    });

    it('runs as often as it is asked to, with another picture each time', () =>
      using(doubled, async (program) => {
        for (const factor of [1, 3, -1]) {
          const { y } = await program.run({
            x: tensor(
              [2, 3],
              a.data.map((v) => v * factor),
            ),
          });
          equal(
            y!,
            twice.map((v) => v * factor),
            `times ${factor}`,
          );
        }
      }));

    it('leaves what it is fed as it was', () =>
      using(doubled, async (program) => {
        const before = [...a.data];
        await program.run({ x: a });
        equal(a, before, 'the feed');
      }));

    it('checks its feeds by name, and runs right after a bad one', () =>
      using(doubled, async (program) => {
        await failsWith('bad-input', /'x'/, () => program.run({}));
        await failsWith('bad-input', /'x'.*\[3, 2\]/, () => program.run({ x: tensor([3, 2], a.data) }));
        await failsWith('bad-input', /'x'.*int32/, () =>
          program.run({ x: { type: 'int32', dims: [2, 3], data: new Int32Array(6) } }),
        );
        await failsWith('bad-input', /'x'/, () => program.run({ x: { ...a, data: a.data.subarray(1) } }));
        equal((await program.run({ x: a }))['y']!, twice, 'y after bad feeds');
      }));

    it('has every output, by its name; one that is an input or a constant too', () => {
      const graph: Graph = { inputs: [x], outputs: { ...shifted.outputs, same: x, fixed: numbers([2], [7, 8]) } };
      return using(graph, async (program) => {
        const got = await program.run({ x: a });
        equal(got['y']!, [2, 0, 6, -3, 7, -3], 'y');
        equal(got['z']!, [1, 0, 3, 0, 5, 0], 'z');
        equal(got['same']!, [...a.data], 'same');
        equal(got['fixed']!, [7, 8], 'fixed');
      });
    });

    it('takes inputs that no output depends on', () =>
      using({ inputs: [x, input('unused', [1, 2])], outputs: doubled.outputs }, async (program) =>
        equal((await program.run({ x: a, unused: tensor([1, 2]) }))['y']!, twice, 'y'),
      ));

    it('uploads what is fed many times and read any number of times', async () => {
      const resident = await backend.upload(a);
      check(resident.backend === backend.name && resident.type === 'float32', `it says ${resident.backend}`);
      check(resident.dims.join() === '2,3', `it is [${resident.dims.join()}]`);
      await using(doubled, async (program) => {
        equal((await program.run({ x: resident }))['y']!, twice, 'first');
        equal(await resident.read(), [...a.data], 'read');
        equal((await program.run({ x: resident }))['y']!, twice, 'second');
        equal(await resident.read(), [...a.data], 'read again');
      });
      resident.release();
      resident.release();
    });

    it('uploads tensors of other types, scalars and single numbers', async () => {
      const given = [
        { type: 'int64', dims: [2], data: BigInt64Array.of(3n, -4n) },
        { type: 'bool', dims: [2, 1], data: Uint8Array.of(1, 0) },
        tensor([], [5]),
      ] as const;
      for (const one of given) {
        const resident = await backend.upload(one);
        check(resident.type === one.type, `${one.type} came back as ${resident.type}`);
        equal(await resident.read(), Array.from(one.data, Number), one.type);
        resident.release();
      }
    });

    it('keeps results where they are, for its other programs too', async () => {
      const [first, second] = await Promise.all([backend.compile(doubled), backend.compile(shifted)]);
      const kept = await first.keep({ x: a });
      const { y } = kept as { y: Resident };
      check(y.backend === first.backend && y.dims.join() === '2,3', 'what it says of itself');
      equal((await second.run({ x: y }))['y']!, [3, -2, 9, -7, 12, -9], 'of the other program');
      equal(
        (await first.run({ x: y }))['y']!,
        twice.map((v) => 2 * v),
        'of its own',
      );
      equal((await first.run({ x: a }))['y']!, twice, 'in between');
      equal(await y.read(), twice, 'read at last');
      await first.release();
      equal(await y.read(), twice, 'read after its program has gone');
      y.release();
      y.release();
      await second.release();
    });

    it('adds up on the device', async () => {
      const sum = input('sum', [2, 3]);
      await using({ inputs: [sum, x], outputs: { total: add(sum, x) } }, async (program) => {
        let total = await backend.upload(tensor([2, 3]));
        for (let i = 0; i < 20; i++) {
          const next = (await program.keep({ sum: total, x: a }))['total']!;
          total.release();
          total = next;
        }
        equal(
          await total.read(),
          Array.from(a.data, (v) => 20 * v),
          'total',
        );
        total.release();
      });
    });

    it('does not run a program that was released', async () => {
      const program = await backend.compile(doubled);
      await program.release();
      await program.release();
      await failsWith('runtime', /released/, () => program.run({ x: a }));
      await failsWith('runtime', /released/, () => program.keep({ x: a }));
    });

    it('takes many calls at once', async () => {
      const programs = await Promise.all([doubled, shifted, doubled].map((graph) => backend.compile(graph)));
      const rounds = Array.from({ length: 12 }, async (_, i) => {
        const { y } = await programs[i % 3]!.run({
          x: tensor(
            [2, 3],
            a.data.map((v) => v + i),
          ),
        });
        const expected =
          i % 3 === 1 ? [1, 2, 3, 1, 2, 3].map((v, j) => a.data[j]! + i + v) : [...a.data].map((v) => 2 * (v + i));
        equal(y!, expected, `call ${i}`);
      });
      await Promise.all(rounds);
      await Promise.all(programs.map((program) => program.release()));
    });

    it('holds up through many programs', async () => {
      for (let i = 0; i < 25; i++) {
        await using(doubled, async (program) => equal((await program.run({ x: a }))['y']!, twice, `program ${i}`));
      }
    });

    const { breakNextRun } = subject;
    if (!breakNextRun) it.skip('runs again after a failed run: nothing is known that makes one fail here');
    else
      it('runs again after a failed run', () =>
        using(matMulled, async (program) => {
          equal((await program.run({ x: a }))['y']!, product, 'before');
          breakNextRun();
          const error = await rejection(() => program.run({ x: a }), 'the run was to fail');
          check(error instanceof SightlineError, `a SightlineError was due, not ${String(error)}`);
          equal((await program.run({ x: a }))['y']!, product, 'after');
        }));

    it('is one of a chain: graphs that it refuses run on the next one, and either takes what the other keeps', async () => {
      const choosy: Backend = {
        ...backend,
        refuses: ({ op, name }) => (op === 'Relu' ? `node '${name}' (Relu): not today` : undefined),
      };
      const both = chain([choosy, reference]);
      const [ours, theirs] = [
        await both.compile(doubled),
        await both.compile({ inputs: [x], outputs: { y: relu(x) } }),
      ];
      check(ours.backend === backend.name, `the first graph ran on ${ours.backend}`);
      check(theirs.backend === reference.name, `the second graph ran on ${theirs.backend}`);
      check(/not today/.test(theirs.refusals?.[backend.name] ?? ''), 'the reason is lost');
      const kept = (await ours.keep({ x: a }))['y']!;
      const through = (await theirs.keep({ x: kept }))['y']!;
      equal(await through.read(), [2, 0, 6, 0, 10, 0], 'on the other');
      equal((await ours.run({ x: through }))['y']!, [4, 0, 12, 0, 20, 0], 'and back');
      for (const resident of [kept, through]) resident.release();
      await Promise.all([ours.release(), theirs.release()]);
    });
  });
}

const matMulled: Graph = {
  inputs: [x],
  outputs: { y: add(matMul(x, numbers([3, 2], [1, 0, 0, 1, 1, 1])), numbers([2], [1, 1])) },
};
const product = [5, 2, -9, 0];
