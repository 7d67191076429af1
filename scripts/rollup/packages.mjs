/** The builds of the packages: ES modules in dist, other packages left to the user's bundler. */
import { existsSync, readFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { transform as minified } from 'esbuild';
import nodeResolve from '@rollup/plugin-node-resolve';
import esbuild, { minify } from 'rollup-plugin-esbuild';
import { entries, packages } from '../lib/packages.mjs';

/** Rollup's warnings that mean a broken file are errors; the rest are printed. */
export function onwarn(warning, warn) {
  if (warning.code === 'UNRESOLVED_IMPORT' || warning.code === 'MISSING_EXPORT') throw new Error(warning.message);
  // Plugins and the runtime come by URL at run time, and TypeScript's helpers and node built-ins are no concern either.
  if (warning.code === 'THIS_IS_UNDEFINED' || warning.code === 'EMPTY_BUNDLE') return;
  warn(warning);
}

const transpile = () => esbuild({ target: 'es2022', tsconfig: false, sourceMap: true });
// Anything that is not a path is somebody else's package.
const isBare = (id) => !id.startsWith('.') && !id.startsWith('/') && !id.startsWith('\0');
const isRuntime = (id) => id === 'onnxruntime-web' || id.startsWith('onnxruntime-web/');

/**
 * A file without imports, to be loaded by URL. The runtime comes by URL too: `import('onnxruntime-web/…')` stays for those who
 * bundle the file after all, and a static import, which would break it everywhere else, is an error.
 */
const selfContained = (input, file, small = false) => ({
  input,
  onwarn,
  plugins: [
    {
      name: 'runtime-by-url',
      resolveDynamicImport: (id) => (typeof id === 'string' && isRuntime(id) ? { id, external: true } : null),
      resolveId(id, importer) {
        if (isRuntime(id)) this.error(`${importer} imports ${id}: a self-contained file takes the runtime by URL`);
        return null;
      },
    },
    nodeResolve({ exportConditions: ['@sightline/source', 'browser', 'import', 'default'], browser: true }),
    transpile(),
    // Not the worker: bundlers read comments in its imports.
    ...(small ? [minify({ target: 'es2022' })] : []),
  ],
  output: { file, format: 'es', sourcemap: true, inlineDynamicImports: true },
});

/**
 * Puts the text of the self-contained form on the default export, as `source`: functions do not cross to a worker, but the
 * text of their module does, in every bundler, and without a file that has to be found.
 */
const withSource = (file) => ({
  name: 'with-source',
  renderChunk(code, chunk) {
    if (!chunk.isEntry || chunk.name !== 'index') return null;
    const text = readFileSync(file, 'utf8').replace(/\n\/\/# sourceMappingURL=.*\s*$/, '\n');
    const exported = /^export \{.*?\b(\w+) as default\b.*\};$/m;
    if (!exported.test(code)) this.error(`${chunk.facadeModuleId} has no default export to put its source on`);
    // In place of a line, so that the source map stays right.
    const attach = (line, name) => `${name}.source = ${JSON.stringify(text)}; ${line}`;
    return { code: code.replace(exported, attach), map: null };
  },
});

/** Puts the worker's text where the source says ENGINE_WORKER. Nobody bundles that text, so its comments can go. */
const withWorker = (file) => ({
  name: 'with-worker',
  async transform(code, id) {
    if (!id.endsWith('/worker/inline.ts')) return null;
    const { code: text } = await minified(readFileSync(file, 'utf8'), {
      format: 'esm',
      target: 'es2022',
      minify: true,
    });
    return { code: code.replace(/\bENGINE_WORKER\b(?=\))/, () => JSON.stringify(text)), map: null };
  },
});

/** Builds in order: what is self-contained comes first, because the shared form carries its text. */
export function packageConfigs() {
  const configs = [];
  for (const pkg of packages()) {
    const all = entries(pkg);
    // './plugin' of a plugin is the self-contained form of '.'; every other entry shares its chunks with its siblings.
    const alone = pkg.kind === 'package' ? [] : all.filter(({ key }) => key === './plugin');
    for (const { source, output } of alone) if (existsSync(source)) configs.push(selfContained(source, output, true));
    const worker = join(pkg.dir, 'src/worker/standalone.ts');
    const workerFile = join(pkg.dir, 'dist/engine-worker.js');
    if (existsSync(worker)) configs.push(selfContained(worker, workerFile));
    const shared = all.filter((entry) => !alone.includes(entry) && existsSync(entry.source));
    if (shared.length > 0) {
      const outputs = new Map(
        shared.map(({ source, output }) => [basename(output).replace(/\.m?js$/, ''), { source, output }]),
      );
      configs.push({
        input: Object.fromEntries([...outputs].map(([name, { source }]) => [name, source])),
        onwarn,
        external: (id) => isBare(id),
        plugins: [
          nodeResolve({ extensions: ['.ts', '.js', '.mjs'] }),
          transpile(),
          ...alone.map(({ output }) => withSource(output)),
          withWorker(workerFile),
        ],
        output: {
          dir: dirname(shared[0].output),
          format: 'es',
          sourcemap: true,
          entryFileNames: '[name].js',
          chunkFileNames: 'chunks/[name]-[hash].js',
        },
      });
    }
  }
  return configs;
}
