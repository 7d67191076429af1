#!/usr/bin/env node
import { readFileSync } from 'node:fs';
import { parse, slips, type Command } from './arguments.ts';
import { evaluate } from './commands/evaluate.ts';
import { explain } from './commands/explain.ts';
import { inspect } from './commands/inspect.ts';
import { lineFor, oneLine, suggestion, UsageError } from './errors.ts';
import { helpFor, overview } from './help.ts';
import { findPlugin, installedNames } from './plugins.ts';

const commands: readonly Command[] = [inspect, explain, evaluate];
/** By convention: 2 for anything that was wrong, 128 + SIGINT for Ctrl-C. */
const failed = 2;
const interrupted = 130;

async function main(words: readonly string[], signal: AbortSignal): Promise<void> {
  const [word, ...rest] = words;
  if (word === undefined || word === 'help' || word === '--help' || word === '-h') {
    process.stdout.write(overview(commands));
    if (word === undefined) process.exitCode = failed;
    return;
  }
  if (word === '--version') {
    // Beside src and beside dist alike.
    const manifest = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as {
      version: string;
    };
    process.stdout.write(`${manifest.version}\n`);
    return;
  }
  const command = commands.find(({ name }) => name === word);
  if (!command) {
    const names = commands.map(({ name }) => name);
    throw new UsageError(`there is no command '${word}': ${suggestion(slips(word, names), names)}`);
  }
  const args = parse(command, rest);
  if (!args.has('help')) return command.run(args, signal);
  const kind = command === explain ? 'method' : command === evaluate ? 'metric' : undefined;
  const named = kind && args.get(kind);
  const plugin = kind && named ? await findPlugin(kind, named, args.all('plugin')) : undefined;
  process.stdout.write(helpFor(command, kind ? installedNames(kind) : [], plugin));
}

// The runtime writes to the console; what counts of it is in the error, and a complaint is one line.
if (!process.env.SIGHTLINE_DEBUG)
  for (const level of ['log', 'info', 'warn', 'error', 'debug'] as const) console[level] = () => undefined;

const controller = new AbortController();
process.on('SIGINT', () => {
  controller.abort();
  // A step of the runtime cannot be interrupted; whoever asks twice, or waits, is let go. Nothing is half written.
  if (process.exitCode === interrupted) process.exit();
  process.exitCode = interrupted;
  setTimeout(() => process.exit(interrupted), 1000).unref();
});

// Whoever reads may have had enough, as `head` has; anything else that stops what is told is a failure.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit();
  process.stderr.write(`sightline: stdout cannot be written: ${oneLine(error.message)}\n`);
  process.exit(failed);
});
process.stderr.on('error', () => undefined);

try {
  await main(process.argv.slice(2), controller.signal);
} catch (error) {
  if (!controller.signal.aborted) process.exitCode = failed;
  process.stderr.write(`sightline: ${controller.signal.aborted ? 'interrupted' : lineFor(error)}\n`);
  if (process.env.SIGHTLINE_DEBUG) process.stderr.write(`${error instanceof Error ? error.stack : String(error)}\n`);
}
// The runtime may keep threads alive.
await new Promise((done) => process.stdout.write('', done));
process.exit();
