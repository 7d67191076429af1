#!/usr/bin/env node
// npm links a command only to a file that is there when it installs; dist comes with the build. In a checkout that was not
// built yet the first call builds, and says so.
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const built = new URL('../dist/cli.js', import.meta.url);
if (!existsSync(built)) {
  console.error('sightline is not built yet: building it once …');
  const build = fileURLToPath(new URL('../../../scripts/build.mjs', import.meta.url));
  const { status } = spawnSync(process.execPath, [build, '--no-types'], { stdio: ['ignore', 2, 2] });
  if (status !== 0) process.exit(status ?? 1);
}
await import(built.href);
