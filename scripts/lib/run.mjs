/** Small things that the scripts share; no dependencies, so that they run before anything is installed. */
import { spawn } from 'node:child_process';
import { existsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { root } from './packages.mjs';

/** Runs a command with its output shown; resolves to its exit code (a signal counts as 1). */
export function run(command, args, { env = {}, quiet = false } = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, {
      cwd: root,
      stdio: quiet ? 'ignore' : 'inherit',
      env: { ...process.env, ...env },
    });
    child.on('error', reject);
    child.on('exit', (code, signal) => {
      // A runner that was killed says nothing itself, and must not look like one whose tests failed.
      if (signal) console.error(`${[command, ...args].slice(0, 4).join(' ')} … was ended by ${signal}`);
      resolve(code ?? 1);
    });
  });
}

export const node = (args, options) => run(process.execPath, args, options);
/** A command line tool of the project's own node_modules. */
export const tool = (name, args, options) => run(join(root, 'node_modules/.bin', name), args, options);
/** TypeScript sources are run as they are. */
export const typescript = ['--conditions=@sightline/source', '--import', 'tsx'];

/** `npm ci` where node_modules is missing or older than the lock file. */
export async function install() {
  const installed = join(root, 'node_modules/.package-lock.json');
  const lock = join(root, 'package-lock.json');
  if (existsSync(installed) && statSync(installed).mtimeMs >= statSync(lock).mtimeMs) return;
  console.log('Installing the packages that package-lock.json names (npm ci) …');
  if ((await run('npm', ['ci', '--no-audit', '--no-fund'])) !== 0) throw new Error('npm ci failed');
}

export async function build({ types = true } = {}) {
  if ((await node([join(root, 'scripts/build.mjs'), ...(types ? [] : ['--no-types'])])) !== 0)
    throw new Error('the build failed');
}
