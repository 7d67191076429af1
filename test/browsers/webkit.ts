import { spawn, type ChildProcess } from 'node:child_process';
import { existsSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import type { LaunchOptions, Page, Plain } from '../browsers.ts';
import { poll, sleep, source, systemEnvironment } from './script.ts';

const driverPath = '/usr/bin/WebKitWebDriver';
const browserPath = ['/usr/lib/x86_64-linux-gnu', '/usr/lib/aarch64-linux-gnu', '/usr/libexec']
  .map((folder) => `${folder}/webkit2gtk-4.1/MiniBrowser`)
  .find((path) => existsSync(path));
const elementKey = 'element-6066-11e4-a52e-4f735466cecf';
const keys: Readonly<Record<string, string>> = {
  Tab: '\uE004', Enter: '\uE007', Escape: '\uE00C', Space: ' ',
  ArrowLeft: '\uE012', ArrowUp: '\uE013', ArrowRight: '\uE014', ArrowDown: '\uE015',
}; // prettier-ignore

/** The W3C WebDriver protocol, as far as the tests need it. */
class Driver {
  readonly #base: string;
  readonly #process: ChildProcess;
  #session = '';

  constructor(port: number, process: ChildProcess) {
    this.#base = `http://127.0.0.1:${port}`;
    this.#process = process;
  }
  async send(method: 'GET' | 'POST' | 'DELETE', path: string, body?: unknown): Promise<unknown> {
    const response = await fetch(this.#base + path, {
      method,
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const { value } = (await response.json()) as { value: unknown };
    if (!response.ok) throw new Error(`WebDriver ${method} ${path}: ${JSON.stringify(value)}`);
    return value;
  }
  command(method: 'GET' | 'POST' | 'DELETE', path: string, body?: unknown): Promise<unknown> {
    return this.send(method, `/session/${this.#session}${path}`, body);
  }
  async open(capabilities: unknown): Promise<void> {
    const { sessionId } = (await this.send('POST', '/session', { capabilities: { alwaysMatch: capabilities } })) as {
      sessionId: string;
    };
    this.#session = sessionId;
  }
  async end(): Promise<void> {
    if (this.#session) await this.command('DELETE', '').catch(() => undefined);
    this.stop();
  }
  /** The whole group: xvfb-run, its server, the driver and the browser. */
  stop(): void {
    if (this.#process.pid === undefined) return;
    try {
      process.kill(-this.#process.pid, 'SIGTERM');
    } catch {
      // it has ended already
    }
  }
}

const freePort = (): Promise<number> =>
  new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() =>
        typeof address === 'object' && address ? resolve(address.port) : reject(new Error('no port')),
      );
    });
  });

async function launch({ width = 1280, height = 900 }: LaunchOptions = {}): Promise<Page> {
  const port = await freePort();
  const child = spawn(
    'xvfb-run',
    ['-a', '-s', `-screen 0 ${width}x${height + 200}x24`, driverPath, `--port=${port}`, '--host=127.0.0.1'],
    {
      stdio: 'ignore',
      detached: true,
      env: { ...systemEnvironment, WEBKIT_DISABLE_SANDBOX_THIS_IS_DANGEROUS: '1' },
    },
  );
  child.unref();
  const driver = new Driver(port, child);
  // A test that is cut short must not leave a browser behind.
  process.once('exit', () => driver.stop());
  try {
    await poll('WebKitWebDriver to listen', () => driver.send('GET', '/status'), 20_000);
    await driver.open({
      browserName: 'MiniBrowser',
      'webkitgtk:browserOptions': { binary: browserPath, args: ['--automation'] },
    });
    await driver.command('POST', '/timeouts', { script: 300_000, pageLoad: 60_000 });
    await driver.command('POST', '/window/rect', { x: 0, y: 0, width, height }).catch(() => undefined);
  } catch (error) {
    driver.stop();
    throw error;
  }
  return new WebKitPage(driver);
}

class WebKitPage implements Page {
  /** WebDriver tells none. */
  readonly errors: readonly string[] = [];
  readonly #driver: Driver;

  constructor(driver: Driver) {
    this.#driver = driver;
  }
  async goto(url: string): Promise<void> {
    await this.#driver.command('POST', '/url', { url });
  }
  async evaluate<A extends readonly Plain[], R>(run: (...args: A) => R | Promise<R>, ...args: A): Promise<R> {
    const script = `const done = arguments[arguments.length - 1];
      (async () => ${source(run, args)})().then((value) => done({ value }), (error) => done({ error: String(error) }));`;
    const { value, error } = (await this.#driver.command('POST', '/execute/async', { script, args: [] })) as {
      value?: R;
      error?: string;
    };
    if (error !== undefined) throw new Error(error);
    return value as R;
  }
  async #element(selector: string): Promise<string> {
    const found = (await this.#driver.command('POST', '/element', {
      using: 'css selector',
      value: selector,
    })) as Record<string, string>;
    return found[elementKey] ?? '';
  }
  async click(selector: string): Promise<void> {
    await this.#driver.command('POST', `/element/${await this.#element(selector)}/click`, {});
  }
  async setFile(selector: string, path: string): Promise<void> {
    await this.#driver.command('POST', `/element/${await this.#element(selector)}/value`, { text: path });
  }
  async press(key: string): Promise<void> {
    const value = keys[key] ?? key;
    const actions = [
      {
        type: 'key',
        id: 'keyboard',
        actions: [
          { type: 'keyDown', value },
          { type: 'keyUp', value },
        ],
      },
    ];
    await this.#driver.command('POST', '/actions', { actions });
  }
  async screenshot(path: string): Promise<void> {
    await writeFile(path, Buffer.from((await this.#driver.command('GET', '/screenshot')) as string, 'base64'));
  }
  async waitFor<A extends readonly Plain[]>(
    what: string,
    run: (...args: A) => unknown,
    args: A = [] as unknown as A,
    { timeout = 30_000 }: { readonly timeout?: number } = {},
  ): Promise<void> {
    await poll(what, () => this.evaluate(run, ...args), timeout);
  }
  async close(): Promise<void> {
    await this.#driver.end();
    await sleep(200);
  }
}

/** WebKitGTK, Safari's engine, through its own WebDriver on a virtual display. */
export const launchWebKit = {
  missing(): string | undefined {
    if (!existsSync(driverPath)) return `webkit: ${driverPath} is not there (Debian: webkit2gtk-driver)`;
    if (!browserPath) return 'webkit: MiniBrowser is not there (Debian: libwebkit2gtk-4.1-0)';
    return existsSync('/usr/bin/xvfb-run') ? undefined : 'webkit: xvfb-run is not there (Debian: xvfb)';
  },
  launch,
};
