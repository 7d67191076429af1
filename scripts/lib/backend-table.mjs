/**
 * What each backend does with each op, asked of the backends themselves over the op cases of the gradient rules: of the CPU, and
 * of every packages/backend-* by its src/refuses.ts and src/passes/index.ts. No device is opened.
 */
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { lowerConvTranspose } from '../../packages/core/src/graph/passes/lower-conv-transpose.ts';
import { input, node as build } from '../../packages/core/src/graph/build.ts';
import { nodesOf, outputsOf } from '../../packages/core/src/graph/walk.ts';
import { caseGraph } from '../../test/suites/backend/ops.ts';
import { opCases } from '../../test/rules/cases.ts';
import { packages } from './packages.mjs';

const cpu = {
  title: 'CPU',
  refuses: () => undefined,
  lowered: (graph) => {
    const renewed = lowerConvTranspose(outputsOf(graph));
    return {
      inputs: graph.inputs,
      outputs: Object.fromEntries(Object.entries(graph.outputs).map(([k, v]) => [k, renewed(v)])),
    };
  },
};

async function backends() {
  const found = [cpu];
  for (const pkg of packages().filter(({ where }) => /^packages\/backend-/.test(where))) {
    const load = (file) => import(pathToFileURL(join(pkg.dir, 'src', file)).href);
    const [{ default: spec }, { refuses }, { lowered }] = await Promise.all(
      ['index.ts', 'refuses.ts', 'passes/index.ts'].map(load),
    );
    found.push({ title: spec.title, refuses, lowered });
  }
  return found;
}

/** A node over inputs of its own; constants stay what they are. */
function alone(node) {
  const made = new Map();
  const inputs = node.inputs.map((x, i) => {
    if (!x || x.constant) return x;
    if (!made.has(x)) made.set(x, input(`x${i}`, x.dims, x.type));
    return made.get(x);
  });
  const { outputs } = build(node.op, inputs, node.attributes, { domain: node.domain });
  return { inputs: [...made.values()], outputs: Object.fromEntries(outputs.map((y, i) => [`y${i}`, y])) };
}

/** The op itself wherever it stands in its cases. */
function sitesOf(op) {
  const graphs = opCases.filter((one) => one.op === op).map((one) => caseGraph(one, 'forward').graph);
  return graphs.flatMap((graph) => nodesOf(outputsOf(graph)).filter((node) => node.op === op));
}
const reasonIn = (refusal) => refusal.replace(/^(node '[^']*'|a node without a name) \([^)]*\): /, '');
const refusalOf = (backend, graph) =>
  nodesOf(outputsOf(graph))
    .map(backend.refuses)
    .find((why) => why !== undefined);

function cell(backend, op) {
  const sites = sitesOf(op);
  const refused = sites.flatMap((site) => backend.refuses(site) ?? []);
  const others = sites
    .filter((site) => backend.refuses(site) === undefined)
    .map((site) => nodesOf(outputsOf(backend.lowered(alone(site)))).map((node) => node.op))
    .filter((ops) => ops.length !== 1 || ops[0] !== op);
  const parts = [...new Set(others.flat())].sort();
  const backwards = opCases
    .filter((one) => one.op === op)
    .flatMap((one) =>
      refusalOf(backend, caseGraph(one, 'forward').graph)
        ? []
        : (refusalOf(backend, caseGraph(one, 'gradient').graph) ?? []),
    );
  const share = (list) => (list.length === sites.length ? '' : `${list.length} of ${sites.length} `);
  const runs = sites.length - others.length - refused.length;
  return [
    ...(runs > 0 ? ['runs'] : []),
    ...(others.length > 0 ? [`${share(others)}as ${parts.join(', ') || 'nothing: it changes nothing'}`] : []),
    ...(refused.length > 0 ? [`${share(refused)}refused: ${[...new Set(refused.map(reasonIn))].join('; ')}`] : []),
    ...(backwards.length > 0 ? [`gradient refused: ${[...new Set(backwards.map(reasonIn))].join('; ')}`] : []),
  ].join('; ');
}

/** [head, rows] of the table. */
export async function backendTable() {
  const all = await backends();
  const ops = [...new Set(opCases.map(({ op }) => op))].sort();
  return [
    ['Op', ...all.map(({ title }) => title)],
    ops.map((op) => [`\`${op}\``, ...all.map((backend) => cell(backend, op))]),
  ];
}
