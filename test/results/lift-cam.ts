import { appendFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { Engine } from '../../packages/core/src/engine/engine.ts';
import { versions } from '../../packages/core/src/engine/versions.ts';
import { decodePicture } from '../../packages/cli/src/pictures.ts';
import { readTruth } from '../../packages/cli/src/truth.ts';
import { openLab } from '../bench/page.ts';
import { liftByPlace } from './lift-by-place.ts';
import type { Contestant, Line, Measured, Plan, Scores } from './measure.ts';
import type { Ask, Opening } from './page.ts';
import { claims, section, table, withSection } from './report.ts';

/*
 * The claims of the LIFT-CAM paper on this machine's pictures: see docs/results/lift-cam.md. Each picture that is done is a line of a
 * file, so that a run can be broken off and taken up again, and that several can share it, each `--from` a picture of its own;
 * `--write` puts the table into the document.
 */

const { values: flags } = parseArgs({
  options: {
    pictures: { type: 'string', default: '20' },
    from: { type: 'string', default: '0' },
    model: { type: 'string', default: 'squeezenet1.1' },
    layer: { type: 'string', default: 'concat25' },
    reference: { type: 'string', default: '1000' },
    orders: { type: 'string', default: '1,10,100' },
    seed: { type: 'string', default: '0' },
    backend: { type: 'string', default: 'webnn' },
    'no-curves': { type: 'boolean', default: false },
    'no-score-cam': { type: 'boolean', default: false },
    write: { type: 'boolean', default: false },
  },
});
const root = new URL('../../', import.meta.url).pathname;
const images = resolve(root, '../shared/images');
const modelPath = resolve(root, `../shared/models/${flags.model}.onnx`);
for (const path of [images, modelPath]) {
  if (existsSync(path)) continue;
  console.log(`left out: there is no ${path}`);
  process.exit(0);
}

const contestants: readonly Contestant[] = [
  { row: 'Grad-CAM', method: 'grad-cam' },
  { row: 'Grad-CAM++', method: 'grad-cam-plus-plus' },
  { row: 'XGrad-CAM', method: 'xgrad-cam' },
  ...(flags['no-score-cam'] ? [] : [{ row: 'Score-CAM', method: 'score-cam' }]),
  { row: 'Ablation-CAM', method: 'ablation-cam' },
  { row: 'LayerCAM', method: 'layer-cam' },
  { row: 'LIME-CAM', method: 'lime-cam' },
  { row: 'LRP-CAM', method: 'lrp-cam' },
  { row: 'LIFT-CAM', method: 'lift-cam' },
  { row: 'LIFT by place', method: 'lift-by-place' },
  ...flags.orders
    .split(',')
    .map(Number)
    .map((orderings) => {
      return {
        row: `SHAP-CAM, ${orderings} order${orderings === 1 ? '' : 's'}`,
        method: 'shap-cam',
        options: { orderings },
      };
    }),
];
const plan: Plan = {
  contestants,
  reference: Number(flags.reference),
  layer: flags.layer,
  seed: Number(flags.seed),
  curves: !flags['no-curves'],
};

/** Reads the truth as the network sees the picture; what is measured is measured in the page. */
const engine = new Engine();
const { digest } = await engine.load(new Uint8Array(readFileSync(modelPath)));

/** The lines of this plan only: another seed, layer or reference is another file. */
const state = join(root, '.cache/results');
mkdirSync(state, { recursive: true });
const rowsKey = `${flags.orders}-${flags.backend}${plan.curves ? '' : '-no-curves'}${flags['no-score-cam'] ? '-no-score-cam' : ''}`;
const stateFile = join(state, `lift-cam-${flags.model}-${plan.layer}-${plan.reference}-${plan.seed}-${rowsKey}.jsonl`);
const rows = contestants.map(({ row }) => row);
const complete = (line: Line): boolean => rows.every((row) => line.rows[row] !== undefined);
const finished = (): readonly Line[] =>
  existsSync(stateFile)
    ? readFileSync(stateFile, 'utf8')
        .split('\n')
        .filter(Boolean)
        .map((text) => JSON.parse(text) as Line)
        .filter(complete)
    : [];

const listed = JSON.parse(readFileSync(join(images, 'ilsvrc.json'), 'utf8')) as { file: string; label: number }[];
const wanted = listed.slice(0, Number(flags.pictures));
const lab = await openLab(new URL('page.ts', import.meta.url).pathname, { '/model/': `${dirname(modelPath)}/` });
const page = await lab.open();
const opening: Opening = {
  model: `/model/${basename(modelPath)}`,
  backend: flags.backend === 'cpu' ? 'cpu' : 'webnn',
  methods: [...new Set(contestants.map(({ method }) => method))].filter((name) => name !== liftByPlace.name),
  metrics: ['average-drop', 'deletion', 'energy-pointing-game', 'insertion'],
};
await page.evaluate(`openEngine(${JSON.stringify(opening)})`);
const measured = async (ask: Ask): Promise<Measured> =>
  (await page.evaluate(`measurePicture(${JSON.stringify(ask)})`)) as Measured;

const started = performance.now();
let done = 0;
for (const [index, { file, label }] of wanted.entries()) {
  if (index < Number(flags.from) || finished().some((line) => line.file === file)) continue;
  const path = join(images, file);
  const picture = await decodePicture(new Uint8Array(readFileSync(path)), path);
  const truth = await readTruth(join(images, 'ilsvrc.json'), basename(file), picture, engine).catch(
    (error: unknown) => {
      // A box at the picture's edge: the centre that the network sees has nothing of it, and so no energy to measure.
      if (/marks no pixel/.test((error as Error).message)) return undefined;
      throw error;
    },
  );
  const { rows: scores, ...rest } = await measured({
    picture: { ...picture, data: [...picture.data] },
    index,
    truth: truth && { dims: truth.dims, data: [...truth.data] },
    plan,
  });
  const energyless = ({ energy: _energy, ...others }: Scores): Scores => others;
  const located = rest.top === label;
  const kept = Object.entries(scores).map(([row, one]) => [row, located ? one : energyless(one)] as const);
  const line: Line = { file, label, ...rest, rows: Object.fromEntries(kept) };
  appendFileSync(stateFile, `${JSON.stringify(line)}\n`);
  done++;
  const seconds = (performance.now() - started) / 1000;
  const left = (wanted.length - index - 1) * (seconds / done);
  console.log(
    `${index + 1} of ${wanted.length}: ${basename(file)}; ${(seconds / done).toFixed(1)} s a picture, ${Math.ceil(left / 60)} min left`,
  );
}

const chosen = finished().filter(({ file }) => wanted.some((one) => one.file === file));
console.log(`\n${table(chosen, rows)}\n\n${claims(chosen, rows)}`);
if (flags.write) {
  const given = process.argv.slice(2).join(' ');
  const command = `node --conditions=@sightline/source --import tsx test/results/lift-cam.ts ${given}`.trim();
  const document = join(root, 'docs/results/lift-cam.md');
  const run = { command, model: flags.model, digest, versions, plan };
  writeFileSync(document, withSection(readFileSync(document, 'utf8'), section(run, chosen)));
  console.log(`\nwrote docs/results/lift-cam.md from ${chosen.length} pictures`);
}
await lab.close();
await engine.dispose();
