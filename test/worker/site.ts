import { createServer, type Server } from 'node:http';
import { readFile } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const root = fileURLToPath(new URL('../..', import.meta.url));

/** Entries as one file each, as an app's bundler makes them. */
async function bundle(source: string): Promise<string> {
  const { outputFiles } = await build({
    // A file is an entry by itself: imported from one, core's `sideEffects: false` would let it be dropped.
    ...(source.endsWith('.ts')
      ? { entryPoints: [source] }
      : { stdin: { contents: source, resolveDir: root, loader: 'ts' } }),
    absWorkingDir: root,
    bundle: true,
    write: false,
    format: 'esm',
    target: 'es2022',
    conditions: ['@sightline/source'],
    external: ['onnxruntime-web', 'onnxruntime-web/*'],
    logLevel: 'error',
  });
  return outputFiles[0]!.text;
}

const bundles: Readonly<Record<string, string>> = {
  '/index.js': `import { createExplainer } from './packages/core/src/worker/client.ts';
    import { Attribution } from './packages/core/src/engine/attribution.ts';
    import { SightlineError } from './packages/core/src/errors.ts';
    Object.assign(globalThis, { createExplainer, Attribution, SightlineError });`,
  '/engine-worker.js': 'packages/core/src/worker/standalone.ts',
  '/fake-worker.js': `import { exposeEngine } from './packages/core/src/worker/expose.ts';
    import { FakeEngine } from './test/worker/fake-engine.ts';
    exposeEngine(() => new FakeEngine(), [], self);`,
  '/app-worker.js': `import { serve } from './packages/core/src/worker/serve.ts';
    import rise from './packages/methods/rise/src/index.ts';
    serve([rise]);`,
};

const plugin = (name: string, explain: string, before = ''): string =>
  `${before}\nexport default { kind: 'method', name: '${name}', needs: [], async explain(model, input, target, options, context) { ${explain} } };`;
const files: Readonly<Record<string, string>> = {
  '/': '<!doctype html><title>workers</title><link rel="icon" href="data:,"><script type="module" src="/index.js"></script>',
  '/plugins/plain.js': plugin(
    'plain',
    "return { map: { type: 'float32', dims: [1, 3], data: Float32Array.of(1, -2, 3) } };",
  ),
  '/plugins/first-channel.js': plugin(
    'first-channel',
    'const [, , h, w] = input.dims; return { map: { type: "float32", dims: [h, w], data: input.data.slice(0, h * w) } };',
  ),
  '/plugins/first-pixel.js': plugin(
    'first-pixel',
    'const { width, height, data } = input; return { map: { type: "float32", dims: [6], data: Float32Array.of(width, height, ...data.slice(0, 4)) } };',
  ),
  '/plugins/loops-inside.js': plugin('loops-inside', 'for (;;);'),
  '/plugins/loops.js': plugin('loops', '', 'for (;;);'),
  '/plugins/throws.js': plugin('throws', '', 'throw new Error("no luck");'),
  '/plugins/wrong.js': 'export const explain = 1;',
  '/plugins/half.js': "export default { kind: 'method', name: 'half' };",
  '/plugins/page.js': '<!doctype html>',
};

export interface Site {
  readonly url: string;
  /** The same files from another origin, with CORS headers. */
  readonly other: string;
  close(): Promise<void>;
}

export async function openSite(): Promise<Site> {
  const built = new Map<string, Promise<string>>();
  const respond = async (path: string): Promise<string | Buffer | undefined> => {
    if (bundles[path] !== undefined) {
      if (!built.has(path)) built.set(path, bundle(bundles[path]));
      return built.get(path);
    }
    if (path.startsWith('/ort/')) return readFile(`${root}/node_modules/onnxruntime-web/dist/${path.slice(5)}`);
    if (path === '/scenes.onnx') return readFile(`${root}/packages/scenes/model/scenes.onnx`);
    return files[path];
  };
  const serve = async (): Promise<Server> => {
    const server = createServer((request, response) => {
      const path = new URL(request.url ?? '/', 'http://localhost').pathname;
      const html = path === '/' || path === '/plugins/page.js';
      const type = html ? 'text/html' : path.endsWith('.wasm') ? 'application/wasm' : 'text/javascript';
      respond(path).then(
        (body) => {
          response.writeHead(body === undefined ? 404 : 200, {
            'content-type': type,
            'access-control-allow-origin': '*',
          });
          response.end(body);
        },
        (error: unknown) => response.writeHead(500).end(String(error)),
      );
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return server;
  };
  const servers = [await serve(), await serve()];
  const [url, other] = servers.map((server) => `http://127.0.0.1:${(server.address() as AddressInfo).port}`) as [
    string,
    string,
  ];
  const close = async (): Promise<void> => {
    for (const server of servers) {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    }
  };
  return { url, other, close };
}
