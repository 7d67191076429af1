// Finds packages/core/kernels/<kernel>/ and writes two files that git ignores:
//   packages/core/src/backend/cpu/kernels.generated.ts  every reference and signature, and all wasm.as.ts as one module, inlined
//   packages/core/kernels/cases.generated.ts            every list of cases, for tests and benchmarks
// Does nothing where both were made from the sources as they are; --force makes them anyway.
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const folder = 'packages/core/kernels';
const targets = {
  kernels: 'packages/core/src/backend/cpu/kernels.generated.ts',
  cases: `${folder}/cases.generated.ts`,
};
const parts = ['reference.ts', 'wasm.as.ts', 'cases.ts'];

const read = (path) => readFileSync(join(root, path), 'utf8');
const camelCase = (name) => name.replace(/-(\w)/g, (_, letter) => letter.toUpperCase());

const names = readdirSync(join(root, folder), { withFileTypes: true })
  .filter((entry) => entry.isDirectory())
  .map((entry) => entry.name)
  .sort();
for (const name of names) {
  const missing = parts.filter((part) => !existsSync(join(root, folder, name, part)));
  if (missing.length) fail(`${folder}/${name} lacks ${missing.join(' and ')}`);
}

const compiler = createRequire(import.meta.url)('assemblyscript/package.json').version;
const hash = createHash('sha256').update(`${compiler}\n${read('scripts/build-kernels.mjs')}`);
for (const name of names) hash.update(`${name}\n${read(`${folder}/${name}/wasm.as.ts`)}`);
const stamp = `// Made by scripts/build-kernels.mjs from ${hash.digest('hex')}. Do not edit.\n`;
const current = (path) => existsSync(join(root, path)) && read(path).startsWith(stamp);
if (!process.argv.includes('--force') && Object.values(targets).every(current)) process.exit(0);

const bytes = await compile(names.map((name) => `${folder}/${name}/wasm.as.ts`));
const module = new WebAssembly.Module(bytes);
const exported = new Set(WebAssembly.Module.exports(module).map((entry) => entry.name));
for (const name of names)
  if (!exported.has(camelCase(name))) fail(`${folder}/${name}/wasm.as.ts does not export ${camelCase(name)}`);
if (sections(bytes).includes(11)) fail('a kernel keeps data of its own in memory: hand it in as a parameter');
const others = WebAssembly.Module.imports(module).filter((entry) => entry.kind !== 'memory');
if (others.length) fail(`kernels may import memory alone, not ${others.map((entry) => entry.name).join(', ')}`);

const entries = (value) => names.map((name) => `  ${value(camelCase(name))},\n`).join('');
write(
  targets.kernels,
  names
    .map(
      (name) =>
        `import { ${camelCase(name)}, signature as ${camelCase(name)}Signature } from '../../../kernels/${name}/reference.ts';\n`,
    )
    .join('') +
    `\nexport const references = {\n${entries((name) => name)}};\n` +
    `\nexport const signatures = {\n${entries((name) => `${name}: ${name}Signature`)}};\n` +
    `\n/** ${bytes.length} bytes of WebAssembly, as base64. */\nexport const wasm =\n  '${Buffer.from(bytes).toString('base64')}';\n`,
);
write(
  targets.cases,
  names.map((name) => `import { cases as ${camelCase(name)} } from './${name}/cases.ts';\n`).join('') +
    `\nexport const cases = {\n${entries((name) => name)}};\n`,
);
console.log(`${names.length} kernels, ${bytes.length} bytes of WebAssembly`);

async function compile(files) {
  const { default: asc } = await import('assemblyscript/asc');
  let binary;
  const options =
    '--outFile kernels.wasm -O3 --noAssert --runtime stub --enable simd --importMemory --initialMemory 1'.split(' ');
  const { error, stderr } = await asc.main([...files, ...options, '--baseDir', root], {
    writeFile: (_, contents) => void (binary = contents),
  });
  if (error || !binary) fail(`asc: ${error?.message ?? 'no output'}\n${stderr.toString()}`);
  return binary;
}

/** The ids of a module's sections. */
function sections(bytes) {
  const ids = [];
  for (let at = 8; at < bytes.length;) {
    ids.push(bytes[at++]);
    let length = 0;
    for (let shift = 0, byte = 128; byte & 128; shift += 7) length |= ((byte = bytes[at++]) & 127) << shift;
    at += length;
  }
  return ids;
}

/** In one step, so that whoever builds at the same time never reads half a file. */
function write(path, text) {
  const draft = join(root, `${path}.${process.pid}.tmp`);
  writeFileSync(draft, stamp + text);
  renameSync(draft, join(root, path));
}

function fail(message) {
  console.error(`build-kernels: ${message}`);
  process.exit(1);
}
