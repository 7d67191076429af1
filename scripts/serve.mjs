/** A static server for built pages: right types, and the headers that give a page threads (cross-origin isolation). */
import { createReadStream, statSync } from 'node:fs';
import { createServer } from 'node:http';
import { extname, join, normalize, sep } from 'node:path';

const types = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.mjs': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.json': 'application/json; charset=utf-8',
  '.map': 'application/json; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.jpg': 'image/jpeg',
  '.webp': 'image/webp',
  '.wasm': 'application/wasm',
  '.onnx': 'application/octet-stream',
  '.npy': 'application/octet-stream',
};

const fileAt = (path) => {
  const stats = statSync(path, { throwIfNoEntry: false });
  return stats?.isFile() ? { path, size: stats.size } : undefined;
};

/** Serves `folders`, { '/prefix/': folder }, the longest prefix that fits first. Tries the next port while one is taken. */
export async function serve(folders, port = 8080, tries = 20) {
  const prefixes = Object.keys(folders).sort((a, b) => b.length - a.length);
  const server = createServer((request, response) => {
    response.setHeader('Cross-Origin-Opener-Policy', 'same-origin');
    response.setHeader('Cross-Origin-Embedder-Policy', 'require-corp');
    response.setHeader('Cross-Origin-Resource-Policy', 'same-origin');
    response.setHeader('Cache-Control', 'no-cache');
    let path;
    try {
      path = decodeURIComponent(new URL(request.url ?? '/', 'http://localhost').pathname);
    } catch {
      return void response.writeHead(400).end('Bad request');
    }
    const prefix = prefixes.find((candidate) => path.startsWith(candidate));
    const folder = prefix && normalize(folders[prefix]);
    const target = prefix && join(folder, path.slice(prefix.length) || 'index.html');
    const inside = target && (target + sep).startsWith(folder.endsWith(sep) ? folder : folder + sep);
    const file = inside ? (fileAt(target) ?? fileAt(join(target, 'index.html'))) : undefined;
    if (!file) return void response.writeHead(404, { 'Content-Type': 'text/plain' }).end('Not found');
    response.writeHead(200, {
      'Content-Type': types[extname(file.path)] ?? 'application/octet-stream',
      'Content-Length': file.size,
    });
    if (request.method === 'HEAD') return void response.end();
    createReadStream(file.path).pipe(response);
  });
  for (let attempt = port; ; attempt++) {
    const listening = await new Promise((resolve, reject) => {
      server.once('error', (error) => (error.code === 'EADDRINUSE' && port !== 0 ? resolve(false) : reject(error)));
      server.listen(attempt, () => resolve(true));
    });
    if (listening) break;
    if (attempt - port >= tries) throw new Error(`ports ${port} to ${attempt} are all taken; set PORT`);
  }
  const { port: chosen } = server.address();
  return {
    url: `http://localhost:${chosen}`,
    port: chosen,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
