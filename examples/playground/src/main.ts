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
import { byId, reveal } from './dom.ts';
import { start } from './engine.ts';
import { listen, readLabels, type Files } from './files.ts';
import { loadFitting } from './fitting.ts';
import { Jobs } from './jobs.ts';
import { quiet, say, tell } from './messages.ts';
import { MethodForm } from './method-form.ts';
import { MetricsPanel } from './metrics-panel.ts';
import { decode, pair, scene, type NamedPicture } from './pictures.ts';
import { Predictions } from './predictions.ts';
import { PreprocessingForm } from './preprocessing-form.ts';
import { ResultPanel } from './result-panel.ts';
import { save, toJson } from './save.ts';
import { isSlow } from './suits.ts';
import { View } from './view.ts';

interface LoadedModel {
  readonly name: string;
  readonly source: ModelSource;
  readonly options: LoadOptions;
  readonly summary: ModelSummary;
}

const view = new View();
const jobs = new Jobs();
const metricsPanel = new MetricsPanel();
const resultPanel = new ResultPanel();
const preprocessingForm = new PreprocessingForm(() => act(applyPreprocessing));
const predictions = new Predictions((index) => act(() => explain(index)));
const methodForm = new MethodForm(
  () => (waits() ? sayWaiting() : act(explain)),
  () => act(explain),
);

let engine = start();
let plugins: readonly PluginInfo[] = [];
let model: LoadedModel | undefined;
let shown: NamedPicture | undefined;
let target: number | 'top' = 'top';
let attribution: Attribution | undefined;
let evaluations: Evaluation[] = [];
let seed = 4;

/** A method that asks the network many times waits for its button. */
const waits = (): boolean => methodForm.method !== undefined && isSlow(methodForm.method);
const sayWaiting = (): void => say('This method asks the network many times: press Explain');

/** Makes a model the current one, with those of the options that fit it. */
async function load(name: string, source: ModelSource, asked: LoadOptions): Promise<boolean> {
  const loaded = await jobs.run(`Loading ${name}`, async (hooks) => {
    const explainer = await engine;
    return loadFitting((options) => explainer.load(source, options, hooks), asked);
  });
  if (!loaded) return false;
  const { summary, options, unused } = loaded;
  model = { name, source, options, summary };
  preprocessingForm.show(summary.preprocessing);
  const embedded = options.labels === classNames;
  byId('embedded', HTMLButtonElement).hidden = embedded;
  // How its pictures become input is the first thing to see to with a model of one's own.
  byId('preprocessing', HTMLDetailsElement).open = !embedded;
  describe(summary, unused);
  if (unused.length > 0) tell(unused.join('\n'), name);
  methodForm.offer(
    plugins.filter(({ kind }) => kind === 'method'),
    summary,
  );
  target = 'top';
  return true;
}

function describe(
  { input, classes, backend, digest, undifferentiable }: ModelSummary,
  unused: readonly string[],
): void {
  const parts = [
    `${model?.name}: input ${input.join(' × ')}, ${classes} classes, on ${backend}, SHA-256 ${digest.slice(0, 12)}…`,
  ];
  if (undifferentiable) parts.push(`No gradients: ${undifferentiable}.`);
  byId('model-about', HTMLParagraphElement).textContent = [...parts, ...unused].join(' ');
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
  if (!model) return;
  const { name, source, options } = model;
  // The form shows part of it only: a size that was given, say, stays.
  const preprocessing = { ...options.preprocessing, ...preprocessingForm.read() };
  if (await load(name, source, { ...options, preprocessing })) await look();
}

/** Classifies the shown picture, and explains its top class unless that takes long. */
async function look(): Promise<void> {
  if (!shown || !model) return;
  forget();
  const { picture, name } = shown;
  view.showPicture(picture, name);
  const top = await jobs.run('Classifying', async (hooks) => (await engine).classify(picture, 5, hooks));
  if (!top) return;
  predictions.show(top, model.summary.classes);
  if (waits()) sayWaiting();
  else await explain('top');
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
  resultPanel.clear();
}

async function explain(which: number | 'top' = target): Promise<void> {
  const { method } = methodForm;
  if (!shown || !model || !method) return;
  const { picture, name } = shown;
  const request = { method: method.name, target: which, options: methodForm.values() };
  const found = await jobs.run(method.title, async (hooks) => (await engine).explain(picture, request, hooks));
  if (!found) return;
  forget();
  // Not before: a class whose map never came is not the one that is marked.
  target = which;
  attribution = found;
  const index = found.class?.index;
  const label = found.class?.label ?? `class ${index ?? '?'}`;
  predictions.mark(index);
  view.showHeat(found, `${name}, with a heat map of ${found.title} for ${label}`);
  view.canvas.dataset['class'] = String(index);
  resultPanel.show(found, label);
  say('Done');
  if (byId('auto-measure', HTMLInputElement).checked) await measure();
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

async function take({ picture, model: file, labels, data }: Files): Promise<void> {
  if (!picture && !file) {
    const names = [labels, ...data].map((other) => other?.name).filter((name) => name !== undefined);
    throw new Error(`${names.join(', ')}: neither a picture nor an .onnx model.`);
  }
  if (picture) shown = await decode(picture);
  if (file) {
    const externalData = Object.fromEntries(
      await Promise.all(data.map(async (one) => [one.name, new Uint8Array(await one.arrayBuffer())] as const)),
    );
    const preprocessing = preprocessingForm.edited();
    const options: LoadOptions = {
      ...(labels && { labels: await readLabels(labels) }),
      ...(data.length > 0 && { externalData }),
      ...(preprocessing && { preprocessing }),
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

/** What the user asked for. A message lasts until then, and what comes of it is seen on the stage. */
function act(work: () => Promise<unknown>, seen: 'on stage' | 'below' = 'on stage'): void {
  quiet();
  if (seen === 'on stage') reveal(byId('stage', HTMLElement));
  void guarded(work);
}
const on = (id: string, ...what: Parameters<typeof act>): void =>
  byId(id, HTMLElement).addEventListener('click', () => act(...what));

on('draw-scene', () => show(scene(++seed)));
on('draw-pair', () => show(pair(++seed)));
on('embedded', async () => (await loadEmbedded()) && show(scene(++seed)));
on('measure', measure, 'below');
on('save-png', async () => attribution && save(await view.png(), `${fileName()}.png`), 'below');
on('save-json', async () => attribution && save(toJson(attribution, evaluations), `${fileName()}.json`), 'below');
const fileName = (): string => `${attribution?.method}-${attribution?.class?.label ?? attribution?.class?.index}`;

byId('opacity', HTMLInputElement).addEventListener('input', ({ target: slider }) => {
  view.opacity = (slider as HTMLInputElement).valueAsNumber / 100;
});
new BackendForm((backend) => act(() => moveTo(backend)));
listen((files) => act(() => take(files)));

await guarded(async () => {
  plugins = await (await engine).plugins();
  if (await loadEmbedded()) await show(scene(seed));
});
