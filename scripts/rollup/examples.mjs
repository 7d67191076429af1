/** The builds of the examples: each page bundled as an app would be, from the packages' dist, with the runtime's files beside it. */
import { copyFileSync, existsSync, mkdirSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { createRequire } from 'node:module';
import { basename, dirname, extname, join } from 'node:path';
import nodeResolve from '@rollup/plugin-node-resolve';
import esbuild from 'rollup-plugin-esbuild';
import { entries, foldersWith, packages, plugins } from '../lib/packages.mjs';
import { onwarn } from './packages.mjs';

/** `import plugins from 'virtual:plugins'`: every method and metric there is, found when bundling; 'virtual:backends' likewise. */
const discovered = {
  'virtual:plugins': plugins,
  'virtual:backends': () => packages().filter(({ kind }) => kind === 'backend'),
};
const discoveredPackages = {
  name: 'discovered-packages',
  resolveId: (id) => (id in discovered ? `\0${id}` : null),
  load(id) {
    const find = discovered[id.slice(1)];
    if (!id.startsWith('\0') || !find) return null;
    const files = find().flatMap((pkg) => entries(pkg).filter(({ key, output }) => key === '.' && existsSync(output)));
    const imports = files.map(({ output }, i) => `import p${i} from ${JSON.stringify(output)};`);
    return `${imports.join('\n')}\nexport default [${files.map((_, i) => `p${i}`).join(', ')}];`;
  },
};

/** `new URL('./file', import.meta.url)` in any module: the file comes along, as it does with Vite and webpack. */
const assets = {
  name: 'assets',
  transform(code, id) {
    if (!code.includes('import.meta.url')) return null;
    const pattern = /new URL\(\s*(['"])(\.{1,2}\/[^'"]+)\1\s*,\s*import\.meta\.url\s*\)/g;
    const replaced = code.replace(pattern, (match, _quote, path) => {
      const file = join(dirname(id), path);
      // Scripts that an example builds are not there yet, and go where they are asked for.
      if (/\.[mc]?js$/.test(path) && !existsSync(file)) return match;
      if (!existsSync(file)) {
        this.warn(`${path}, which ${id} refers to, does not exist`);
        return match;
      }
      const reference = this.emitFile({ type: 'asset', name: basename(file), source: readFileSync(file) });
      return `new URL(import.meta.ROLLUP_FILE_URL_${reference})`;
    });
    return { code: replaced, map: null };
  },
};

/** onnxruntime-web's files: what the CPU alone needs, and its builds with WebGPU and WebNN, of which a browser loads one. */
const plainRuntime = ['ort.wasm.min.mjs', 'ort-wasm-simd-threaded.mjs', 'ort-wasm-simd-threaded.wasm'];
const acceleratedRuntime = ['jspi', 'asyncify'].flatMap((build) => [
  `ort.${build === 'asyncify' ? 'webgpu' : build}.min.mjs`,
  `ort-wasm-simd-threaded.${build}.mjs`,
  `ort-wasm-simd-threaded.${build}.wasm`,
]);

/** The page, its styles and pictures, and the runtime's files. */
const copies = (dir, runtimeFiles) => ({
  name: 'copies',
  writeBundle({ dir: dist }) {
    for (const name of readdirSync(dir)) {
      const kind = extname(name);
      if (['.html', '.css', '.svg', '.png', '.jpg', '.webp', '.onnx'].includes(kind))
        copyFileSync(join(dir, name), join(dist, name));
    }
    const runtime = dirname(createRequire(import.meta.url).resolve('onnxruntime-web/wasm'));
    mkdirSync(join(dist, 'ort'), { recursive: true });
    for (const name of runtimeFiles) {
      const [from, to] = [join(runtime, name), join(dist, 'ort', name)];
      const same =
        existsSync(to) && statSync(to).size === statSync(from).size && statSync(to).mtimeMs >= statSync(from).mtimeMs;
      if (!same) copyFileSync(from, to);
    }
  },
});

/** Whether a page's sources speak of a backend other than the CPU. */
const usesBackends = (dir) =>
  [dir, join(dir, 'src')]
    .filter(existsSync)
    .flatMap((folder) => readdirSync(folder).map((name) => join(folder, name)))
    .some((file) => file.endsWith('.ts') && /@sightline\/backend-|virtual:backends/.test(readFileSync(file, 'utf8')));

export function exampleConfigs() {
  return foldersWith('examples', 'index.html').map((dir) => {
    const files = ['main', 'worker'].flatMap((name) =>
      [join(dir, 'src', `${name}.ts`), join(dir, `${name}.ts`)].filter(existsSync).map((file) => [name, file]),
    );
    return {
      input: Object.fromEntries(files),
      onwarn,
      // Loaded by URL, from the copies beside the page.
      external: (id) => id.startsWith('onnxruntime-web'),
      plugins: [
        discoveredPackages,
        assets,
        nodeResolve({
          browser: true,
          exportConditions: ['browser', 'import', 'default'],
          extensions: ['.ts', '.mjs', '.js'],
        }),
        esbuild({ target: 'es2022', tsconfig: false, sourceMap: true, minify: false }),
        copies(dir, usesBackends(dir) ? [...plainRuntime, ...acceleratedRuntime] : plainRuntime),
      ],
      output: {
        dir: join(dir, 'dist'),
        format: 'es',
        sourcemap: true,
        entryFileNames: '[name].js',
        chunkFileNames: 'chunks/[name]-[hash].js',
        assetFileNames: 'assets/[name][extname]',
      },
    };
  });
}
