import { existsSync } from 'node:fs';
import puppeteer, { type Browser, type ElementHandle, type KeyInput, type Page as PuppeteerPage } from 'puppeteer-core';
import { chromiumFlags } from './chromium-flags.mjs';
import type { LaunchOptions, Page, Plain } from '../browsers.ts';
import { poll, source, systemEnvironment } from './script.ts';

async function wrap(browser: Browser, { width = 1280, height = 900, dark = false }: LaunchOptions): Promise<Page> {
  const page = await browser.newPage();
  await page.setViewport({ width, height });
  if (dark) await page.emulateMediaFeatures([{ name: 'prefers-color-scheme', value: 'dark' }]);
  const errors: string[] = [];
  page.on('pageerror', (error) => errors.push(error instanceof Error ? error.message : String(error)));
  page.on('console', (message) => {
    if (message.type() === 'error') errors.push(message.text());
  });
  return new Wrapped(browser, page, errors);
}

class Wrapped implements Page {
  readonly errors: readonly string[];
  readonly #browser: Browser;
  readonly #page: PuppeteerPage;

  constructor(browser: Browser, page: PuppeteerPage, errors: readonly string[]) {
    this.#browser = browser;
    this.#page = page;
    this.errors = errors;
  }
  async goto(url: string): Promise<void> {
    await this.#page.goto(url, { waitUntil: 'load' });
  }
  async evaluate<A extends readonly Plain[], R>(run: (...args: A) => R | Promise<R>, ...args: A): Promise<R> {
    return (await this.#page.evaluate(source(run, args))) as R;
  }
  async click(selector: string): Promise<void> {
    await this.#page.click(selector);
  }
  async setFile(selector: string, path: string): Promise<void> {
    const input = await this.#page.$(selector);
    if (!input) throw new Error(`no element ${selector}`);
    await (input as ElementHandle<HTMLInputElement>).uploadFile(path);
  }
  async press(key: string): Promise<void> {
    await this.#page.keyboard.press(key as KeyInput);
  }
  async screenshot(path: string): Promise<void> {
    await this.#page.screenshot({ path: path, fullPage: true });
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
    await this.#browser.close();
  }
}

/** Chromium from npm's @sparticuz/chromium; there is nothing to fall back to. */
export const launchChromium = {
  missing: (): string | undefined => undefined,
  async launch(options: LaunchOptions = {}): Promise<Page> {
    // Before the import: it makes the package unpack the libraries that a bare system lacks.
    process.env['AWS_LAMBDA_JS_RUNTIME'] ??= 'nodejs22.x';
    const { default: chromium } = await import('@sparticuz/chromium');
    const browser = await puppeteer.launch({
      executablePath: await chromium.executablePath(),
      headless: 'shell',
      args: [...chromiumFlags],
    });
    return wrap(browser, options);
  },
};

const firefox = ['/usr/bin/firefox-esr', '/usr/bin/firefox'];

/** The system's Firefox, over WebDriver BiDi. */
export const launchFirefox = {
  missing: (): string | undefined =>
    firefox.some((path) => existsSync(path))
      ? undefined
      : 'firefox: neither /usr/bin/firefox-esr nor /usr/bin/firefox is there',
  async launch(options: LaunchOptions = {}): Promise<Page> {
    const browser = await puppeteer.launch({
      browser: 'firefox',
      executablePath: firefox.find((path) => existsSync(path)) ?? '',
      headless: true,
      env: systemEnvironment,
      // BiDi has no command for the colour scheme that every release understands; a preference always works.
      extraPrefsFirefox: { 'layout.css.prefers-color-scheme.content-override': options.dark ? 0 : 1 },
    });
    return wrap(browser, { ...options, dark: false });
  },
};
