import { existsSync } from 'node:fs';
import { basename, dirname, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { openLab } from './page.ts';
import { print, timed } from './table.ts';
import type { Answer, Ask } from './webnn-page.ts';

/** WebNN against the CPU backend, both in one page of the Chromium from npm: see README.md. */

const { values: flags, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    rounds: { type: 'string', default: '15' },
    masks: { type: 'string', default: '256' },
    'rise-rounds': { type: 'string', default: '1' },
    threads: { type: 'string', default: '2' },
  },
});
const root = new URL('../../', import.meta.url).pathname;
const path = resolve(positionals[0] ?? `${root}../shared/models/resnet18_pqf.onnx`);
if (!existsSync(path)) {
  console.log(`bench left out: there is no ${path}`);
  process.exit(0);
}
const ask: Ask = {
  model: `/model/${basename(path)}`,
  rounds: Number(flags.rounds),
  masks: Number(flags.masks),
  riseRounds: Number(flags['rise-rounds']),
  threads: Number(flags.threads),
};
/** How much of the CPU's time WebNN may take. */
const limits: Readonly<Record<string, number>> = { forward: 1 / 1.7, 'forward and input gradient': 1 / 1.5 };

const lab = await openLab(new URL('webnn-page.ts', import.meta.url).pathname, { '/model/': `${dirname(path)}/` });
try {
  const page = await lab.open();
  const { times, apart, backends, refusals } = (await page.evaluate(`bench(${JSON.stringify(ask)})`)) as Answer;
  console.log(
    `${basename(path)}, Chromium from npm: WebNN (${backends.join()}) against wasm with ${ask.threads} threads, ${ask.rounds} rounds`,
  );
  for (const [name, reason] of Object.entries(refusals)) console.log(`${name} refused: ${reason}`);
  print(Object.entries(times).map(([name, { webnn, cpu }]) => timed(name, webnn, cpu, limits[name])));
  for (const [name, { webnn, cpu }] of Object.entries(times))
    console.log(
      `${name}: ${(median(cpu) / median(webnn)).toFixed(2)} times as fast, maps ${apart[name]!.toExponential(1)} apart`,
    );
} finally {
  await lab.close();
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)]!;
}
