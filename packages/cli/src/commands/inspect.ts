import type { Command } from '../arguments.ts';
import { modelFlags, open, readModel } from '../model.ts';
import { print } from '../print.ts';

export const inspect: Command = {
  name: 'inspect',
  summary: 'what a model is made of, and which layers can be explained',
  positionals: ['MODEL'],
  flags: [...modelFlags, { name: 'json', help: 'print one JSON object' }],
  examples: ['sightline inspect scenes', 'sightline inspect squeezenet1.1.onnx --json'],
  async run(args, signal) {
    const model = await readModel(args.positionals[0]!, args);
    const { engine, summary } = await open(model, undefined, signal);
    await engine.dispose();
    const { inputs, outputs } = model.graph;
    const { digest, layers, input, ops, ...rest } = summary;
    if (args.has('json')) {
      return print({
        model: model.name,
        modelDigest: digest,
        inputs,
        outputs,
        input,
        ...rest,
        preprocessingFrom: model.preprocessingFrom,
        ops,
        layers,
        differentiable: !rest.undifferentiable,
      });
    }
    const count = Object.values(ops).reduce((sum, n) => sum + n, 0);
    const { preprocessing: p, labels } = summary;
    const shape = (dims: readonly (number | string)[]): string => `[${dims.map((d) => d || '?').join(', ')}]`;
    const rows: [string, string][] = [
      ['model', `${model.name} (${model.bytes.length} bytes, sha256 ${digest})`],
      ['made by', `${summary.producer || 'unknown'}, opset ${summary.opset}`],
      ...inputs.map(({ name, type, dims }): [string, string] => ['input', `${name} ${type} ${shape(dims)}`]),
      ['outputs', outputs.join(', ')],
      [
        'classes',
        `${summary.classes}${summary.softmax ? ', behind a Softmax' : ''}${labels ? `: ${labels.slice(0, 8).join(', ')}${labels.length > 8 ? ' …' : ''}` : ''}`,
      ],
      [
        'preprocessing',
        `${p.size.join(' × ')} ${p.channelOrder}, mean ${p.mean255.join(' ')}, std ${p.std255.join(' ')} of 0 … 255, ${p.fit}`,
      ],
      ['taken from', model.preprocessingFrom],
      [
        'ops',
        `${count}: ${Object.entries(ops)
          .map(([op, n]) => `${op} ${n}`)
          .join(', ')}`,
      ],
      ['gradients', summary.undifferentiable ? `cannot be built: ${summary.undifferentiable}` : 'can be built'],
      ['backend', summary.backend],
      ...Object.entries(summary.refusals).map(([backend, why]): [string, string] => [
        'refused by',
        `${backend}: ${why}`,
      ]),
      ['layers', `${layers.length} that a CAM can use, shallow to deep`],
    ];
    for (const [left, right] of rows) process.stdout.write(`${left.padEnd(14)} ${right}\n`);
    for (const { name, dims } of layers) process.stdout.write(`  ${name} [${dims.join(', ')}]\n`);
  },
};
