#!/usr/bin/env node
// npm links a command only to a file that is there when it installs; dist comes with the build. Before that, in a checkout,
// the command runs on its sources.
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const built = new URL('../dist/cli.js', import.meta.url);
if (existsSync(built)) {
  await import(built.href);
} else {
  const source = fileURLToPath(new URL('../src/cli.ts', import.meta.url));
  const tsx = import.meta.resolve('tsx');
  const run = ['--conditions=@sightline/source', '--import', tsx, source, ...process.argv.slice(2)];
  const { status, signal } = spawnSync(process.execPath, run, { stdio: 'inherit' });
  if (signal) console.error(`sightline was ended by ${signal}`);
  process.exit(status ?? 1);
}
