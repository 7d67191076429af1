import { launchChromium, type Page } from '../browsers.ts';
import type { Explainer, ExplainerOptions } from '../../packages/core/src/worker/client.ts';
import { openSite, type Site } from './site.ts';

/** What the page has: core's own exports, and what tests need there. A test that uses one declares it. */
export interface PageGlobals {
  createExplainer(options?: ExplainerOptions): Promise<Explainer>;
  /** An error as plain data. */
  told(error: unknown): Record<string, string | boolean>;
  input(): ImageData;
  /** Options for an explainer on an engine without a runtime. */
  fake: ExplainerOptions;
}
declare const SightlineError: new () => Error;

export interface RealPage {
  readonly site: Site;
  readonly page: Page;
  close(): Promise<void>;
}

/** Chromium on a site that serves core, workers and plugins. */
export async function openPage(): Promise<RealPage> {
  const site = await openSite();
  const page = await launchChromium.launch();
  await page.goto(site.url);
  await page.waitFor('the script', () => 'createExplainer' in globalThis);
  await page.evaluate(() => {
    const told = (error: unknown): object => {
      const { name, message, code, stack } = error as Error & { code?: string };
      const kind = error instanceof SightlineError ? 'sightline' : error instanceof DOMException ? 'dom' : 'other';
      return { name, message, code: code === undefined ? '' : String(code), kind, stack: stack ?? '' };
    };
    const input = (): ImageData => new ImageData(2, 2);
    const fake = { workerUrl: '/fake-worker.js', model: new Blob([Uint8Array.of(7, 0)]), grace: 300 };
    Object.assign(globalThis, { told, input, fake });
  });
  return {
    site,
    page,
    async close() {
      await page.close();
      await site.close();
    },
  };
}
