/** Generated sources, then every package and example, then the declarations. `--no-types` leaves the last step out. */
import { existsSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { packages, root } from './lib/packages.mjs';
import { node, tool } from './lib/run.mjs';

async function step(name, exit) {
  if ((await exit()) === 0) return;
  console.error(`build: ${name} failed`);
  process.exit(1);
}

const script = (name) => join(root, 'scripts', name);

// The protobuf code is in the repository; `npm run proto` renews it when onnx.proto changes.
if (existsSync(script('build-proto.mjs')) && !existsSync(join(root, 'packages/core/src/graph/onnx/generated'))) {
  await step('protobuf', () => node([script('build-proto.mjs')]));
}
if (existsSync(script('build-kernels.mjs'))) await step('kernels', () => node([script('build-kernels.mjs')]));
// Chunks have a hash in their name: the last build's would be published too.
for (const { dir } of packages()) rmSync(join(dir, 'dist/chunks'), { recursive: true, force: true });
await step('rollup', () => tool('rollup', ['--config', 'rollup.config.js', '--silent']));
if (!process.argv.includes('--no-types')) await step('declarations', () => node([script('declarations.mjs')]));
