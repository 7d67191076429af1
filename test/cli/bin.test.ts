import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { accessSync, constants, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { root } from './run.ts';

const cli = join(root, 'packages/cli');
const { bin } = JSON.parse(readFileSync(join(cli, 'package.json'), 'utf8')) as { bin: Record<string, string> };
const file = join(cli, bin['sightline']!);

test('the command is a file of the repository, because npm links only what is there before the build', () => {
  accessSync(file, constants.X_OK);
  const { stdout } = spawnSync('git', ['ls-files', '--error-unmatch', file], { cwd: root, encoding: 'utf8' });
  assert.match(stdout, /sightline\.js/);
});

test('npx sightline inspects the embedded model', () => {
  const { status, stdout, stderr } = spawnSync('npx', ['sightline', 'inspect', 'scenes'], {
    cwd: root,
    encoding: 'utf8',
  });
  assert.equal(status, 0, stderr.slice(0, 500));
  assert.match(stdout, /Conv/);
});
