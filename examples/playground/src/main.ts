import type {
  Attribution,
  BackendChoice,
  Evaluation,
  LoadOptions,
  ModelSource,
  ModelSummary,
  PluginInfo,
} from '@sightline/core';
import { classNames, modelUrl, preprocessing } from '@sightline/scenes';
import { BackendForm } from './backend-form.ts';
import { byId, make, percent } from './dom.ts';
import { start } from './engine.ts';
import { listen, readLabels, type Files } from './files.ts';
import { Jobs } from './jobs.ts';
import { quiet, say, tell } from './messages.ts';
import { MetricsPanel } from './metrics-panel.ts';
import { OptionsForm } from './options-form.ts';
import { decode, pair, scene, type NamedPicture } from './pictures.ts';
import { Predictions } from './predictions.ts';
import { PreprocessingForm } from './preprocessing-form.ts';
import { save, toJson } from './save.ts';
import { View } from './view.ts';

interface LoadedModel {
  readonly name: string;
  readonly source: ModelSource;
  readonly options: LoadOptions;
  readonly summary: ModelSummary;
}

const view = new View();
const jobs = new Jobs();
const optionsForm = new OptionsForm();
const metricsPanel = new MetricsPanel();
const preprocessingForm = new PreprocessingForm(() => void applyPreprocessing());
const predictions = new Predictions((index) => void explain(index));
const methodSelect = byId('method', HTMLSelectElement);
const explainButton = byId('explain', HTMLButtonElement);
const results = ['measure', 'save-png', 'save-json'].map((id) => byId(id, HTMLButtonElement));

let engine = start();
let plugins: readonly PluginInfo[] = [];
let model: LoadedModel | undefined;
let shown: NamedPicture | undefined;
let target: number | 'top' = 'top';
let attribution: Attribution | undefined;
let evaluations: Evaluation[] = [];
let seed = 4;

const method = (): PluginInfo | undefined =>
  plugins.find(({ kind, name }) => kind === 'method' && name === methodSelect.value);
/** A method that asks the network many times waits for its button. */
const asksOften: readonly string[] = ['score', 'maskedScore', 'maskedSum', 'tail', 'tapAtSize'];
const isSlow = (plugin: PluginInfo | undefined): boolean =>
  plugin?.needs.some((need) => asksOften.includes(need)) ?? false;

async function load(name: string, source: ModelSource, options: LoadOptions): Promise<boolean> {
  const summary = await jobs.run(`Loading ${name}`, async (hooks) => (await engine).load(source, options, hooks));
  if (!summary) return false;
  model = { name, source, options, summary };
  preprocessingForm.show(summary.preprocessing);
  const embedded = options.labels === classNames;
  byId('embedded', HTMLButtonElement).hidden = embedded;
  // How its pictures become input is the first thing to see to with a model of one's own.
  byId('preprocessing', HTMLDetailsElement).open = !embedded;
  describe(summary);
  showMethod();
  target = 'top';
  return true;
}

function describe({ input, classes, backend, digest, undifferentiable }: ModelSummary): void {
  const parts = [
    `${model?.name}: input ${input.join(' × ')}, ${classes} classes, on ${backend}, SHA-256 ${digest.slice(0, 12)}…`,
  ];
  if (undifferentiable) parts.push(`No gradients: ${undifferentiable}.`);
  byId('model-about', HTMLParagraphElement).textContent = parts.join(' ');
}

/** Another engine, with the model and the picture of the one before. */
async function moveTo(backend: BackendChoice | undefined): Promise<void> {
  jobs.cancel();
  const before = engine;
  engine = start(backend);
  await (await before).dispose();
  if (model && (await load(model.name, model.source, model.options))) await look();
}

const loadEmbedded = (): Promise<boolean> =>
  load('the embedded model', modelUrl, { preprocessing, labels: classNames });

async function applyPreprocessing(): Promise<void> {
  await guarded(async () => {
    if (!model) return;
    const { name, source, options } = model;
    if (await load(name, source, { ...options, preprocessing: preprocessingForm.read() })) await look();
  });
}

/** Classifies the shown picture and explains its top class. */
async function look(): Promise<void> {
  if (!shown || !model) return;
  forget();
  const { picture, name } = shown;
  view.showPicture(picture, name);
  const top = await jobs.run('Classifying', async (hooks) => (await engine).classify(picture, 5, hooks));
  if (!top) return;
  predictions.show(top, model.summary.classes);
  await explain('top');
}

async function show(picture: NamedPicture): Promise<void> {
  shown = picture;
  target = 'top';
  await look();
}

function forget(): void {
  attribution = undefined;
  evaluations = [];
  metricsPanel.clear();
  for (const button of results) button.disabled = true;
  byId('caption', HTMLParagraphElement).replaceChildren();
}

async function explain(which: number | 'top' = target): Promise<void> {
  const plugin = method();
  if (!shown || !model || !plugin) return;
  const { picture } = shown;
  target = which;
  quiet();
  const found = await jobs.run(plugin.title, async (hooks) =>
    (await engine).explain(picture, { method: plugin.name, target: which, options: optionsForm.values() }, hooks),
  );
  if (!found) return;
  forget();
  attribution = found;
  present(found);
  if (byId('auto-measure', HTMLInputElement).checked) await measure();
}

function present(found: Attribution): void {
  const index = found.class?.index;
  const label = found.class?.label ?? `class ${index ?? '?'}`;
  predictions.mark(index);
  view.showHeat(found, `${shown?.name}, with a heat map of ${found.title} for ${label}`);
  view.canvas.dataset['class'] = String(index);
  const constant = found.heat.data.every((value) => value === 0);
  byId('caption', HTMLParagraphElement).replaceChildren(
    make('b', {}, label),
    ` ${percent(found.probability)} · ${found.title} · ${Math.round(found.milliseconds)} ms`,
    constant ? ' · the map is empty: nothing here speaks for this class' : '',
  );
  tellBackend(found);
  for (const button of results) button.disabled = false;
  say('Done');
}

/** Which backend ran the explanation, and why another one did not. */
function tellBackend({ backend, refusals }: Attribution): void {
  const reasons = Object.entries(refusals).map(([name, reason]) => `${name} did not: ${reason}.`);
  byId('backend-about', HTMLParagraphElement).textContent = [`This one ran on ${backend}.`, ...reasons].join(' ');
}

async function measure(): Promise<void> {
  const about = attribution;
  if (!about) return;
  evaluations = [];
  metricsPanel.clear();
  const embedded = model?.options.labels === classNames;
  const truth = embedded && about.class ? shown?.truth?.(about.class.index) : undefined;
  for (const metric of plugins.filter(({ kind }) => kind === 'metric')) {
    // Where the object is, only a drawn picture knows.
    const wantsTruth = 'truth' in metric.options;
    if (wantsTruth && !truth) continue;
    const request = {
      metric: metric.name,
      input: about.input,
      map: about.saliency,
      target: about.target,
      options: wantsTruth ? { truth } : {},
    };
    const evaluation = await jobs.run(metric.title, async (hooks) => (await engine).evaluate(request, hooks));
    if (!evaluation || attribution !== about) return;
    evaluations.push(evaluation);
    metricsPanel.add(metric, evaluation);
  }
  say('Done');
}

function showMethod(): void {
  const plugin = method();
  if (!plugin || !model) return;
  optionsForm.show(plugin, model.summary);
  const link = make('a', { href: plugin.paper, target: '_blank', rel: 'noopener' }, 'paper');
  const claims = plugin.claims.length > 0 ? `Claims: ${plugin.claims.join(', ').replaceAll('-', ' ')}. ` : '';
  byId('method-about', HTMLParagraphElement).replaceChildren(claims, link);
}

async function take({ picture, model: file, labels, data }: Files): Promise<void> {
  if (!picture && !file) {
    const names = [labels, ...data].map((other) => other?.name).filter((name) => name !== undefined);
    throw new Error(`${names.join(', ')}: neither a picture nor an .onnx model.`);
  }
  quiet();
  if (picture) shown = await decode(picture);
  if (file) {
    const externalData = Object.fromEntries(
      await Promise.all(data.map(async (one) => [one.name, new Uint8Array(await one.arrayBuffer())] as const)),
    );
    const options: LoadOptions = {
      ...(labels ? { labels: await readLabels(labels) } : {}),
      ...(data.length > 0 ? { externalData } : {}),
      preprocessing: preprocessingForm.forNewModel(),
    };
    if (!(await load(file.name, file, options))) return;
  }
  await look();
}

async function guarded(work: () => Promise<unknown>): Promise<void> {
  try {
    await work();
  } catch (error) {
    tell(error);
  }
}

const on = (id: string, work: () => Promise<unknown>): void =>
  byId(id, HTMLElement).addEventListener('click', () => void guarded(work));

on('draw-scene', () => show(scene(++seed)));
on('draw-pair', () => show(pair(++seed)));
on('measure', measure);
on('embedded', async () => (await loadEmbedded()) && show(scene(++seed)));
on('save-png', async () => attribution && save(await view.png(), `${fileName()}.png`));
on('save-json', async () => attribution && save(toJson(attribution, evaluations), `${fileName()}.json`));
const fileName = (): string => `${attribution?.method}-${attribution?.class?.label ?? attribution?.class?.index}`;

byId('opacity', HTMLInputElement).addEventListener('input', ({ target: slider }) => {
  view.opacity = (slider as HTMLInputElement).valueAsNumber / 100;
});
byId('method-form', HTMLFormElement).addEventListener('submit', (event) => {
  event.preventDefault();
  void guarded(() => explain());
});
methodSelect.addEventListener('change', () => {
  showMethod();
  if (isSlow(method())) say('This method asks the network many times: press Explain');
  else void guarded(() => explain());
});
new BackendForm((backend) => void guarded(() => moveTo(backend)));
listen((files) => void guarded(() => take(files)));

await guarded(async () => {
  plugins = await (await engine).plugins();
  const methods = plugins.filter(({ kind }) => kind === 'method');
  methodSelect.append(...methods.map(({ name, title }) => make('option', { value: name }, title)));
  explainButton.disabled = false;
  if (await loadEmbedded()) await show(scene(seed));
});
