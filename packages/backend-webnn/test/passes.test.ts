import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  apply,
  concat,
  equal,
  greater,
  input,
  log,
  mul,
  nodesOf,
  numberOf,
  numbersOf,
  outputsOf,
  relu,
  reshape,
  slice,
  where,
  windowOf,
  type Graph,
  type Node,
  type Shaped,
} from '@sightline/core/graph';
import { refusalOf } from '@sightline/core/backend';
import { random, size } from '@sightline/core/tensor';
import { interpret } from '../../../test/oracles/interpreter.ts';
import { opCases } from '../../../test/rules/cases.ts';
import { drawnCases } from '../../../test/suites/backend/drawn.ts';
import { caseGraph, distance, passes, titleOf } from '../../../test/suites/backend/ops.ts';
import { lowered } from '../src/passes/index.ts';
import { refuses } from '../src/refuses.ts';

const backend = { refuses } as Parameters<typeof refusalOf>[0];
const opsOf = (graph: Graph): readonly string[] => nodesOf(outputsOf(graph)).map(({ op }) => op);
const drawn = (x: Shaped, seed: number): Float64Array => {
  const { next } = random(seed);
  return Float64Array.from({ length: size(x.dims) }, () => 2 * next() - 1);
};

/** Both graphs in float64; what is moved but not computed with is the same number, and constants of float32 are 1e-7 off. */
function sameNumbers(before: Graph, after: Graph, feeds: ReadonlyMap<Shaped, ArrayLike<number>>, limit = 1e-6): void {
  const reals = new Map([...feeds].map(([x, data]) => [x, { dims: x.dims, data: Float64Array.from(data) }]));
  const [expected, got] = [before, after].map((graph) => interpret(outputsOf(graph), reals)) as [
    ReturnType<typeof interpret>,
    ReturnType<typeof interpret>,
  ];
  expected.forEach((values, i) => {
    const apart = distance(got[i]!.data, values.data);
    assert.ok(apart < limit, `${Object.keys(before.outputs)[i]} is ${apart} apart`);
  });
}
const check = (y: Shaped, inputs: readonly Shaped[], limit?: number): Graph => {
  const graph = { inputs, outputs: { y } };
  const after = lowered(graph);
  sameNumbers(graph, after, new Map(inputs.map((x, i) => [x, drawn(x, i + 1)])), limit);
  return after;
};

/** Whether a window of a node reaches beyond its data. */
function reachesOut({ attributes, inputs, outputs }: Node): boolean {
  const { kernel, strides, dilations, begin } = windowOf(attributes);
  const last = kernel.map(
    (k, i) => (outputs[0]!.dims![i + 2]! - 1) * strides[i]! + (k - 1) * dilations[i]! + 1 - begin[i]!,
  );
  return last.some((end, i) => begin[i]! > 0 || end > inputs[0]!.dims![i + 2]!);
}

/** What was seen to be wrong, to hang or to be left to WebAssembly. */
const broken: readonly (readonly [string, (node: Node) => boolean])[] = [
  ['a ConvTranspose', ({ op }) => op === 'ConvTranspose'],
  [
    'a pool with dilations',
    ({ op, attributes }) =>
      /Pool$/.test(op) && !op.startsWith('Global') && numbersOf(attributes, 'dilations').some((d) => d !== 1),
  ],
  [
    'a pool in ceil_mode',
    ({ op, attributes }) => /^(Max|Average)Pool$/.test(op) && numberOf(attributes, 'ceil_mode', 0) === 1,
  ],
  [
    'a MaxPool that pads data which may be negative',
    (node) =>
      node.op === 'MaxPool' && reachesOut(node) && !['Relu', 'MaxPool'].includes(node.inputs[0]!.node?.op ?? ''),
  ],
  [
    'an AveragePool that pads and does not count it',
    (node) => node.op === 'AveragePool' && reachesOut(node) && numberOf(node.attributes, 'count_include_pad', 0) === 0,
  ],
  [
    'a padded window that leaves data over on an axis without pads',
    ({ op, attributes, inputs, outputs }) => {
      if (!/^(Conv|MaxPool|AveragePool)$/.test(op)) return false;
      const { kernel, strides, dilations, begin, end } = windowOf(attributes);
      const left = kernel.map((k, i) => {
        const used = (outputs[0]!.dims![i + 2]! - 1) * strides[i]! + (k - 1) * dilations[i]! + 1;
        return begin[i] === 0 && end[i] === 0 && inputs[0]!.dims![i + 2]! > used;
      });
      return [...begin, ...end].some((p) => p > 0) && left.includes(true);
    },
  ],
  ['a Cast to a boolean', ({ op, attributes }) => op === 'Cast' && numberOf(attributes, 'to') === 9],
  [
    'a comparison over five axes',
    ({ op, inputs }) => /^(Equal|Greater|Less)/.test(op) && inputs.some((x) => x!.dims!.length > 4),
  ],
  ['a Reshape to a scalar', ({ op, outputs }) => op === 'Reshape' && outputs[0]!.dims!.length === 0],
  ...['Selu', 'Celu', 'ThresholdedRelu', 'LogSoftmax', 'ReduceLogSumExp', 'Softplus', 'SpaceToDepth'].map(
    (name) => [`a ${name}`, ({ op }: Node) => op === name] as const,
  ),
];

describe('Lowering for WebNN', () => {
  for (const opCase of [...opCases, ...drawnCases(150)]) {
    for (const pass of passes) {
      it(`keeps the numbers of ${titleOf(opCase)}, ${pass}, and emits nothing that is broken there`, () => {
        const { graph, feeds } = caseGraph(opCase, pass);
        if (refusalOf(backend, graph) !== undefined) return;
        const after = lowered(graph);
        for (const node of nodesOf(outputsOf(after))) {
          assert.equal(refuses(node), undefined);
          for (const [what, is] of broken) assert.ok(!is(node), `it emits ${what}`);
        }
        sameNumbers(graph, after, feeds);
      });
    }
  }

  it('refuses two of the cases and gradients, both of doubles', () => {
    const refused = opCases.flatMap((one) =>
      passes.flatMap((pass) => refusalOf(backend, caseGraph(one, pass).graph) ?? []),
    );
    assert.equal(refused.length, 2);
    for (const reason of refused) assert.match(reason, /\(Cast\): it works on float64/);
  });
});

describe('Masks as products', () => {
  const [x, dy] = [input('x', [2, 3]), input('dy', [2, 3])];

  it('take the place of choices by sign and by equality', () => {
    for (const condition of [greater(relu(x), 0), greater(x, 0), equal(x, relu(x))]) {
      const after = check(where(condition, dy, 0), [x, dy], 1e-12);
      assert.ok(!opsOf(after).includes('Where'), opsOf(after).join());
    }
  });
  it('leave a choice that hides what may be infinite', () => {
    const logarithm = where(greater(x, 0), log(x), 0);
    assert.deepEqual([...opsOf(lowered({ inputs: [x], outputs: { y: logarithm } }))].sort(), [
      'Greater',
      'Log',
      'Where',
    ]);
    const deep = where(greater(x, 0), mul(dy, apply('Reciprocal', [x])), 0);
    assert.ok(opsOf(lowered({ inputs: [x, dy], outputs: { y: deep } })).includes('Where'));
  });
  it('leave a choice of something else than zero, and one that stretches what is chosen', () => {
    for (const y of [
      where(greater(x, 0), dy, 1),
      where(greater(x, 0.5), dy, 0),
      where(greater(x, 0), input('v', [1, 3]), 0),
    ]) {
      assert.ok(opsOf(lowered({ inputs: [x, dy], outputs: { y } })).includes('Where'));
    }
  });
});

describe('Slices and interleaving', () => {
  const x = input('x', [2, 3, 12]);

  it('every third element is a slice with a step', () => {
    const blocks = reshape(x, [2, 3, 4, 3]);
    const after = check(slice(blocks, [0, 1, 1, 2], [2, 3, 4, 3]), [x], 1e-12);
    const [taken] = nodesOf(outputsOf(after)).filter(({ op }) => op === 'Slice');
    assert.deepEqual(taken!.attributes['steps'], [1, 1, 3]);
    check(slice(reshape(x, [2, 3, 1, 12]), [0, 0, 0, 3], [2, 3, 1, 4]), [x], 1e-12);
  });
  it('other slices of taken apart axes stay', () => {
    const blocks = reshape(x, [2, 3, 4, 3]);
    check(slice(blocks, [0, 0, 1, 0], [2, 3, 3, 2]), [x], 1e-12);
    check(slice(reshape(x, [6, 12]), [0, 1], [6, 2]), [x], 1e-12);
  });
  it('elements side by side are rows transposed', () => {
    const parts = [input('a', [2, 3, 1]), input('b', [2, 3, 1]), input('c', [2, 3, 1])];
    const after = check(concat(parts, 2), parts, 1e-12);
    assert.ok(opsOf(after).includes('Transpose'));
    const wide = [input('a', [2, 2]), input('b', [2, 1])];
    assert.deepEqual(opsOf(check(concat(wide, 1), wide, 1e-12)), ['Concat']);
  });
});

describe('Axes beyond what WebNN takes', () => {
  it('are joined where they fare alike', () => {
    const [a, b] = [input('a', [2, 3, 1, 2, 2, 2]), input('b', [1, 1, 2, 2, 2, 2])];
    const after = check(where(greater(a, b), a, b), [a, b], 1e-12);
    for (const { op, inputs } of nodesOf(outputsOf(after)))
      if (op === 'Greater') assert.ok(inputs.every((v) => v!.dims!.length <= 4));
    check(apply('Pad', [a], { pads: [0, 0, 1, 0, 0, 0, 0, 0, 2, 0, 0, 1], mode: 'constant', value: 2 }), [a], 1e-12);
    check(slice(a, [0, 1, 0, 0, 0, 1], [2, 3, 1, 2, 2, 2]), [a], 1e-12);
  });
  it('are refused where they do not', () => {
    const [a, b] = [input('a', [2, 1, 2, 1, 2]), input('b', [1, 2, 1, 2, 1])];
    assert.match(refuses(greater(a, b).node!)!, /\(Greater\): WebNN takes 4 axes, and 5 of its 5 cannot be made one/);
  });
});

describe('WebNN refuses', () => {
  it('by node, op and reason what it lacks', () => {
    const x = input('x', [2, 3]);
    const of = (op: string, domain = '', type: 'float32' | 'int32' = 'float32'): Node => ({
      op,
      domain,
      name: 'head/one',
      inputs: [input('x', [2, 3], type)],
      attributes: {},
      outputs: [{ ...x, name: 'y' }],
    });
    assert.match(refuses(of('TopK'))!, /^node 'head\/one' \(TopK\): WebNN has no such op/);
    assert.match(refuses(of('QLinearAdd', 'com.microsoft'))!, /\(com\.microsoft:QLinearAdd\): .*other domains/);
    assert.match(refuses(of('Add', '', 'int32'))!, /\(Add\): it works on int32/);
    assert.match(refuses({ ...of('Relu'), outputs: [{ type: 'float32', dims: undefined }] })!, /shape is not known/);
    assert.equal(refuses(of('Relu')), undefined);
  });
});
