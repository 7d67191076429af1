import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { extname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import puppeteer, { type Browser, type Page } from 'puppeteer-core';

const root = fileURLToPath(new URL('../..', import.meta.url));
const types: Readonly<Record<string, string>> = {
  '.html': 'text/html',
  '.js': 'text/javascript',
  '.mjs': 'text/javascript',
  '.wasm': 'application/wasm',
};

export interface Lab {
  /** A fresh page with the bundle loaded. */
  open(): Promise<Page>;
  close(): Promise<void>;
}

/**
 * A module of the sources, bundled, in a page of the Chromium that npm brings: with WebNN, and cross-origin isolated, so that
 * the CPU has its threads. `folders` are served beside it, by prefix.
 */
export async function openLab(entry: string, folders: Readonly<Record<string, string>> = {}): Promise<Lab> {
  const { outputFiles } = await build({
    entryPoints: [entry],
    absWorkingDir: root,
    bundle: true,
    write: false,
    format: 'esm',
    target: 'es2022',
    conditions: ['@sightline/source'],
    external: ['onnxruntime-web', 'onnxruntime-web/*'],
    logLevel: 'error',
  });
  const made: Readonly<Record<string, string>> = {
    '/index.html':
      '<!doctype html><title>bench</title><link rel="icon" href="data:,"><script type="module" src="/page.js"></script>',
    '/page.js': outputFiles[0]!.text,
  };
  const served = { '/ort/': `${root}node_modules/onnxruntime-web/dist/`, ...folders };
  const respond = async (path: string): Promise<string | Uint8Array | undefined> => {
    if (made[path] !== undefined) return made[path];
    const prefix = Object.keys(served).find((candidate) => path.startsWith(candidate));
    return prefix && readFile(served[prefix as keyof typeof served] + path.slice(prefix.length));
  };
  const server = createServer((request, response) => {
    const path = decodeURIComponent(new URL(request.url ?? '/', 'http://localhost').pathname);
    respond(path).then(
      (body) => {
        response.writeHead(body === undefined ? 404 : 200, {
          'content-type': types[extname(path)] ?? 'application/octet-stream',
          'cross-origin-opener-policy': 'same-origin',
          'cross-origin-embedder-policy': 'require-corp',
          'cross-origin-resource-policy': 'same-origin',
        });
        response.end(body);
      },
      () => response.writeHead(404).end(),
    );
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/index.html`;
  let browser: Browser | undefined;
  return {
    async open() {
      await browser?.close().catch(() => undefined);
      browser = await launch();
      const page = await browser.newPage();
      page.on('pageerror', (error) => console.error(`page: ${String(error)}`));
      await page.goto(url);
      await page.waitForFunction('globalThis.ready === true', { timeout: 60_000 });
      return page;
    },
    async close() {
      await browser?.close().catch(() => undefined);
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

async function launch(): Promise<Browser> {
  // Before the import: it makes the package unpack the libraries that a bare system lacks.
  process.env['AWS_LAMBDA_JS_RUNTIME'] ??= 'nodejs22.x';
  const { default: chromium } = await import('@sparticuz/chromium');
  return puppeteer.launch({
    executablePath: await chromium.executablePath(),
    headless: 'shell',
    protocolTimeout: 1_800_000,
    args: ['--no-sandbox', '--disable-dev-shm-usage', '--enable-features=WebMachineLearningNeuralNetwork'],
  });
}
