import { asPicture, isPicture, preprocessed, readInput } from '../input.ts';
import type { Arguments, Command } from '../arguments.ts';
import type { AttributionData, ExplainRequest, Picture, Target } from '@sightline/core';
import type { Plugin } from '@sightline/core/plugin';
import { UsageError } from '../errors.ts';
import { Outputs, read } from '../files.ts';
import { colourMaps, paint } from '../heat.ts';
import { modelFlags, open, readModel, type Session } from '../model.ts';
import { readNpy, writeNpy } from '../npy.ts';
import { toPng } from '../pictures.ts';
import { findPlugin } from '../plugins.ts';
import { digits, milliseconds, print } from '../print.ts';
import { ProgressLine } from '../progress.ts';
import { isOneClass, optionsFrom, targetFrom, word } from '../values.ts';

const outputs = ['raw', 'coefficients', 'png'] as const;

export const explain: Command = {
  name: 'explain',
  summary: 'a saliency map of what a model sees in a picture',
  positionals: ['MODEL', 'INPUT'],
  flags: [
    { name: 'method', value: 'NAME', help: 'how to explain; with --help: what its options are' },
    { name: 'target', value: 'N|top', help: 'the class to explain; the top one unless given' },
    { name: 'layer', value: 'TENSOR', help: 'the tensor a CAM explains, as inspect lists them; several with commas' },
    {
      name: 'option',
      value: 'NAME=VALUE',
      repeatable: true,
      help: "an option of the method's; NAME=@FILE.npy hands over a tensor",
    },
    {
      name: 'rank-by',
      value: 'WHAT',
      help: 'read the class as logit (unless given) or probability; also sets an option score of the method',
    },
    { name: 'raw', value: 'OUT.npy', help: "write the method's own map: [h, w] or [C, H, W], signed, not resized" },
    { name: 'coefficients', value: 'OUT.npy', help: "write a CAM's weights, one a channel" },
    { name: 'png', value: 'OUT.png', help: "write the heat map over the picture, in the picture's size" },
    { name: 'opacity', value: '0…1', help: 'of the heat map over the picture [0.6]' },
    { name: 'colours', value: 'NAME', help: `${colourMaps.join(', ')} [ember]` },
    { name: 'json', help: 'print one JSON object' },
    { name: 'plugin', value: 'FILE|URL', repeatable: true, help: "a third party's method: its module" },
    ...modelFlags,
  ],
  notes: `INPUT is a png, jpeg or webp picture, or a .npy of float32 [1, C, H, W] that is preprocessed already; for the model
scenes also scene:SEED, a picture drawn from a number. Preprocessing is taken from MODEL.json or models.json beside the
model where there is one, and the options above come before it; --json says what was used. A method whose paper fixes by
what it scores keeps to that, whatever --rank-by says.`,
  examples: [
    'sightline explain scenes scene:1 --method grad-cam --png map.png',
    'sightline explain squeezenet1.1.onnx cat.jpg --method lift-cam --target 282 --raw map.npy --json',
    'sightline explain net.onnx photo.webp --preset tf --method rise --option masks=2000 --option seed=7 --png map.png',
    'sightline explain --method rise --help',
  ],
  run,
};

async function run(args: Arguments, signal: AbortSignal): Promise<void> {
  const started = performance.now();
  const [modelName, inputName] = args.positionals as [string, string];
  const method = await findPlugin('method', args.require('method', 'NAME'), args.all('plugin'));
  const target = targetFrom(args);
  const rankBy = args.choice('rank-by', ['logit', 'probability']);
  const opacity = args.number('opacity', 0, 1) ?? 0.6;
  const colours = args.choice('colours', colourMaps) ?? 'ember';
  const options = scoredBy(rankBy, await readOptions(args, method), method);
  const model = await readModel(modelName, args);
  const input = await readInput(inputName, modelName);
  const files = new Outputs();
  for (const flag of outputs) if (args.has(flag)) await files.claim(flag, args.get(flag)!);

  const session = await open(model, method, signal);
  const line = new ProgressLine();
  let result: AttributionData;
  let painted: Picture | undefined;
  try {
    const request: ExplainRequest = {
      method: method.name,
      target: await exactTarget(session, input, target, rankBy),
      options,
    };
    result = await session.engine.explain(input, request, { signal, onProgress: line.show });
    if (args.has('png')) {
      const picture = isPicture(input) ? input : asPicture(result.input, session.summary);
      painted = paint(picture, result, { kernels: session.engine.network.backend.kernels, opacity, map: colours });
    }
  } finally {
    line.clear();
    await session.engine.dispose();
  }
  signal.throwIfAborted();

  if (args.has('raw')) files.add(args.get('raw')!, writeNpy(result.map));
  if (args.has('coefficients')) {
    if (!result.coefficients)
      throw new UsageError(`${method.name} gives no coefficients (one number a channel): leave --coefficients out`);
    files.add(args.get('coefficients')!, writeNpy(result.coefficients));
  }
  if (painted) files.add(args.get('png')!, toPng(painted));
  await files.commit();
  const how = preprocessed(input, session, model);
  report(args, modelName, result, how, {
    load: session.milliseconds,
    explain: result.milliseconds,
    total: performance.now() - started,
  });
}

async function readOptions(args: Arguments, method: Plugin): Promise<Record<string, unknown>> {
  const options = await optionsFrom(args.all('option'), method, async (path) =>
    readNpy(await read(path, 'the tensor'), path),
  );
  const layer = args.get('layer');
  if (layer === undefined) return options;
  if (!Object.hasOwn(method.options, 'layer'))
    throw new UsageError(`${method.name} explains no layer: leave --layer out`);
  if (Object.hasOwn(options, 'layer'))
    throw new UsageError('the layer is given twice: by --layer and by --option layer');
  return { ...options, layer: word(layer, method.options['layer']) };
}

/** A method with an option `score` reads the class by that alone: --rank-by means it too. */
function scoredBy(
  rankBy: Target['of'] | undefined,
  options: Readonly<Record<string, unknown>>,
  { name, options: { score } }: Plugin,
): Readonly<Record<string, unknown>> {
  if (rankBy === undefined || score?.kind !== 'choice' || !score.choices.includes(rankBy)) return options;
  const asked = options.score as string | undefined;
  if (asked !== undefined && asked !== rankBy)
    throw new UsageError(`--rank-by ${rankBy} and --option score=${asked} differ: give ${name} one of them`);
  return { ...options, score: rankBy };
}
const isOf = (score: unknown): score is Target['of'] => score === 'logit' || score === 'probability';

/** Only a class can be read as a probability or a logit, so the top one has to be known first. */
async function exactTarget(
  { engine }: Session,
  input: Parameters<Session['engine']['classify']>[0],
  target: number | 'top',
  rankBy: Target['of'] | undefined,
): Promise<number | 'top' | Target> {
  if (rankBy === undefined) return target;
  const index = target === 'top' ? (await engine.classify(input, 1))[0]!.index : target;
  return { weights: [[index, 1]], of: rankBy };
}

function report(
  args: Arguments,
  model: string,
  result: AttributionData,
  how: ReturnType<typeof preprocessed>,
  timings: Readonly<Record<string, number>>,
): void {
  const { method, target, options, coefficients, map } = result;
  const index = result.class?.index ?? (isOneClass(target) ? target.weights[0]![0] : undefined);
  const files = Object.fromEntries(outputs.flatMap((flag) => (args.has(flag) ? [[flag, args.get(flag)!]] : [])));
  if (args.has('json')) {
    return print({
      method,
      target: index ?? target,
      label: result.class?.label,
      of: isOf(options.score) ? options.score : target.of,
      logit: result.logit,
      probability: result.probability,
      options,
      seed: options.seed ?? null,
      backend: result.backend,
      timings: Object.fromEntries(Object.entries(timings).map(([name, value]) => [name, milliseconds(value)])),
      model,
      modelDigest: result.model,
      ...how,
      versions: result.versions,
      map: map.dims,
      ...(coefficients && { coefficients: coefficients.dims }),
      crop: result.crop,
      files,
    });
  }
  const name =
    index === undefined ? 'a sum of classes' : `class ${index}${result.class?.label ? ` (${result.class.label})` : ''}`;
  const written = Object.values(files);
  process.stdout.write(
    `${result.title} for ${name}: logit ${digits(result.logit)}, probability ${digits(result.probability)}; ` +
      `map [${map.dims.join(', ')}] in ${Math.round(timings.explain!)} ms on ${result.backend}\n` +
      (written.length > 0 ? `wrote ${written.join(', ')}\n` : ''),
  );
}
