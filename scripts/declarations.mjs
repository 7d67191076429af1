/**
 * Declarations for every package, from one run of tsc: each package's tree goes to its dist/types, and the file that
 * `exports` names re-exports from there.
 */
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { entries, packages, root } from './lib/packages.mjs';
import { tool } from './lib/run.mjs';

const cache = join(root, 'node_modules/.cache/sightline-types');
rmSync(cache, { recursive: true, force: true });
mkdirSync(cache, { recursive: true });

const config = join(cache, 'tsconfig.json');
writeFileSync(
  config,
  JSON.stringify({
    extends: join(root, 'tsconfig.json'),
    compilerOptions: {
      noEmit: false,
      declaration: true,
      emitDeclarationOnly: true,
      rootDir: join(root, 'packages'),
      outDir: join(cache, 'out'),
    },
    include: [join(root, 'packages/**/src/**/*.ts')],
    exclude: [join(root, '**/dist'), join(root, '**/*.as.ts'), join(root, '**/node_modules')],
  }),
);
const code = await tool('tsc', ['-p', config]);
if (code !== 0) process.exit(code);

/** tsc keeps `./file.ts` in declarations; outside this repository the file is `./file.js` beside its `.d.ts`. */
const rewrite = (text) => text.replace(/((?:from|import)\s*\(?\s*['"]\.{1,2}\/[^'"]*?)\.ts(['"])/g, '$1.js$2');

function rewriteAll(dir) {
  for (const entry of readdirSync(dir, { withFileTypes: true })) {
    const path = join(dir, entry.name);
    if (entry.isDirectory()) rewriteAll(path);
    else if (path.endsWith('.d.ts')) writeFileSync(path, rewrite(readFileSync(path, 'utf8')));
  }
}

/** Hand-written or generated declarations beside .js sources, which tsc reads but does not emit. */
function copyDeclarations(from, to) {
  for (const entry of readdirSync(from, { withFileTypes: true })) {
    const path = join(from, entry.name);
    if (entry.isDirectory()) copyDeclarations(path, join(to, entry.name));
    else if (entry.name.endsWith('.d.ts')) cpSync(path, join(to, entry.name));
  }
}

for (const pkg of packages()) {
  // The whole tree: what src imports from beside it (core's kernels) is there too.
  const emitted = join(cache, 'out', relative('packages', pkg.where));
  if (!existsSync(emitted)) continue;
  const types = join(pkg.dir, 'dist/types');
  rmSync(types, { recursive: true, force: true });
  cpSync(emitted, types, { recursive: true });
  copyDeclarations(join(pkg.dir, 'src'), join(types, 'src'));
  rewriteAll(types);
  for (const { source, types: file } of entries(pkg)) {
    if (!file || !existsSync(source)) continue;
    const target = './' + relative(dirname(file), join(types, relative(pkg.dir, source))).replace(/\.ts$/, '.js');
    const hasDefault = /export\s+default|export\s*\{[^}]*\bas default\b/.test(readFileSync(source, 'utf8'));
    writeFileSync(file, `export * from '${target}';\n` + (hasDefault ? `export { default } from '${target}';\n` : ''));
  }
}
