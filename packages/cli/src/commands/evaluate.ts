import type { Arguments, Command } from '../arguments.ts';
import { UsageError } from '../errors.ts';
import { read } from '../files.ts';
import { preprocessed, readInput, readMap } from '../input.ts';
import { modelFlags, open, readModel } from '../model.ts';
import { readNpy } from '../npy.ts';
import { findPlugin } from '../plugins.ts';
import { digits, milliseconds, print } from '../print.ts';
import { ProgressLine } from '../progress.ts';
import { readTruth } from '../truth.ts';
import { isOneClass, optionsFrom, targetFrom } from '../values.ts';

export const evaluate: Command = {
  name: 'evaluate',
  summary: 'how well a saliency map explains: one number by a metric',
  positionals: ['MODEL', 'INPUT'],
  flags: [
    { name: 'map', value: 'MAP.npy', help: 'the map: [h, w] or [C, H, W], as explain --raw writes it' },
    { name: 'metric', value: 'NAME', help: 'what to measure; with --help: what its options are' },
    { name: 'target', value: 'N|top', help: 'the class the map explains; the top one unless given' },
    { name: 'truth', value: 'FILE', help: 'where the object is, for localisation: BOXES.json or MASK.png' },
    {
      name: 'option',
      value: 'NAME=VALUE',
      repeatable: true,
      help: "an option of the metric's; NAME=@FILE.npy hands over a tensor",
    },
    { name: 'json', help: 'print one JSON object' },
    { name: 'plugin', value: 'FILE|URL', repeatable: true, help: "a third party's metric: its module" },
    ...modelFlags,
  ],
  notes: `BOXES.json is [[x0, y0, x1, y1], …], {"boxes": […]}, or a list of {"file", "boxes"}, in pixels of the picture;
MASK.png has the picture's size, and whatever is not black belongs to the object.`,
  examples: [
    'sightline evaluate scenes scene:1 --map map.npy --metric deletion',
    'sightline evaluate net.onnx cat.jpg --map map.npy --metric energy-pointing-game --truth boxes.json --target 282 --json',
  ],
  run,
};

async function run(args: Arguments, signal: AbortSignal): Promise<void> {
  const started = performance.now();
  const [modelName, inputName] = args.positionals as [string, string];
  const mapName = args.require('map', 'MAP.npy');
  const metric = await findPlugin('metric', args.require('metric', 'NAME'), args.all('plugin'));
  const target = targetFrom(args);
  const options = await optionsFrom(args.all('option'), metric, async (path) =>
    readNpy(await read(path, 'the tensor'), path),
  );
  const truth = args.get('truth');
  if (truth !== undefined && metric.options.truth?.kind !== 'tensor')
    throw new UsageError(`${metric.name} needs no truth: leave --truth out`);
  if (truth !== undefined && 'truth' in options)
    throw new UsageError('the truth is given twice: by --truth and by --option truth');
  const map = await readMap(mapName);
  const model = await readModel(modelName, args);
  const input = await readInput(inputName, modelName);

  const session = await open(model, metric, signal);
  const { engine, summary } = session;
  const line = new ProgressLine();
  try {
    if (truth !== undefined) options.truth = await readTruth(truth, inputName, input, engine);
    const result = await engine.evaluate(
      { metric: metric.name, input, map, target, options },
      { signal, onProgress: line.show },
    );
    line.clear();
    signal.throwIfAborted();
    if (!args.has('json')) {
      process.stdout.write(
        `${metric.title}: ${digits(result.value)} (${result.better} is better) in ${Math.round(result.milliseconds)} ms on ${result.backend}\n`,
      );
      return;
    }
    print({
      metric: result.metric,
      value: result.value,
      better: result.better,
      details: result.details,
      target: isOneClass(result.target) ? result.target.weights[0]![0] : result.target,
      of: result.target.of,
      options: result.options,
      seed: result.options.seed ?? null,
      backend: result.backend,
      timings: {
        load: milliseconds(session.milliseconds),
        evaluate: milliseconds(result.milliseconds),
        total: milliseconds(performance.now() - started),
      },
      model: modelName,
      modelDigest: summary.digest,
      ...preprocessed(input, session, model),
      map: mapName,
      ...(truth !== undefined && { truth }),
    });
  } finally {
    line.clear();
    await engine.dispose();
  }
}
