/**
 * Three engines behind one small interface: Chromium (from npm), Firefox and WebKitGTK (from the system).
 *
 * ENGINES names the engines that a run uses (chromium unless given); REQUIRE_ENGINES those of which the absence is a
 * failure. An engine that is not there is a skip that says why.
 */
import { launchChromium, launchFirefox } from './browsers/puppeteer.ts';
import { launchWebKit } from './browsers/webkit.ts';

export { launchChromium, launchFirefox, launchWebKit };

export interface WaitOptions {
  /** Milliseconds; 30 000 unless given. */
  readonly timeout?: number;
}

export type Plain = string | number | boolean | null | undefined | readonly Plain[] | { readonly [key: string]: Plain };

/** What the end-to-end tests need of a page, and every engine can give. */
export interface Page {
  goto(url: string): Promise<void>;
  /** Runs a function in the page: it sees its arguments and the page's globals, nothing of the test's scope. */
  evaluate<A extends readonly Plain[], R>(run: (...args: A) => R | Promise<R>, ...args: A): Promise<R>;
  click(selector: string): Promise<void>;
  setFile(selector: string, path: string): Promise<void>;
  /** Presses keys as a user would: single characters, or names such as Tab, Enter, ArrowRight. */
  press(key: string): Promise<void>;
  screenshot(path: string): Promise<void>;
  /** Until the function returns something true in the page. Throws with `what` in the message. */
  waitFor<A extends readonly Plain[]>(
    what: string,
    run: (...args: A) => unknown,
    args?: A,
    options?: WaitOptions,
  ): Promise<void>;
  /** Errors that nobody caught and console errors, where the engine tells them. */
  readonly errors: readonly string[];
  close(): Promise<void>;
}

export interface LaunchOptions {
  readonly width?: number;
  readonly height?: number;
  readonly dark?: boolean;
}
export const engineNames = ['chromium', 'firefox', 'webkit'] as const;
export type EngineName = (typeof engineNames)[number];

export interface Engine {
  readonly name: EngineName;
  /** Why it cannot be used here; undefined where it can. */
  readonly skip: string | undefined;
  launch(options?: LaunchOptions): Promise<Page>;
}

const launchers: Readonly<
  Record<EngineName, { missing(): string | undefined; launch(options?: LaunchOptions): Promise<Page> }>
> = {
  chromium: launchChromium,
  firefox: launchFirefox,
  webkit: launchWebKit,
};

const list = (text: string | undefined): readonly string[] =>
  (text ?? '')
    .split(',')
    .map((word) => word.trim())
    .filter((word) => word !== '');

/** Every engine, each with the reason why it is left out, if it is. Throws where a required one is missing. */
export function engines(env: NodeJS.ProcessEnv = process.env): readonly Engine[] {
  const required = list(env['REQUIRE_ENGINES']);
  const asked = new Set([...list(env['ENGINES'] ?? 'chromium'), ...required]);
  for (const name of asked) {
    if (!(engineNames as readonly string[]).includes(name))
      throw new Error(`unknown engine '${name}': ${engineNames.join(', ')}`);
  }
  return engineNames.map((name) => {
    const { missing, launch } = launchers[name];
    const skip = asked.has(name) ? missing() : `${name}: not asked for (ENGINES=${[...asked, name].join(',')})`;
    if (skip !== undefined && required.includes(name)) throw new Error(`${name} is required here, but: ${skip}`);
    return { name, skip, launch };
  });
}
