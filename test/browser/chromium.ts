import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import axe from 'axe-core';
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { chromium } from 'playwright-core';
import { expect } from 'vitest';

const NAMES = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable'];
const FLAGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];
const DESKTOP = { viewport: { width: 1440, height: 900 }, locale: 'en-US' };

/**
 * The system's Chromium, with a fresh profile.
 * @param options.keepsPages  pages that were left are kept for the way back, as for people; Playwright alone would not
 * @throws Error when there is none
 */
export function launchChromium({ keepsPages = false } = {}): Promise<Browser> {
  const executablePath = (process.env['PATH'] ?? '')
    .split(delimiter)
    .flatMap((folder) => NAMES.map((name) => join(folder, name)))
    .find((path) => existsSync(path));
  if (executablePath === undefined)
    throw new Error(`The browser's tests need Chromium on the PATH: ${NAMES.join(', ')}.`);
  const ignoreDefaultArgs = keepsPages ? ['--disable-back-forward-cache'] : [];
  return chromium.launch({ executablePath, args: FLAGS, ignoreDefaultArgs });
}

/** A page that reaches its own server and nothing else; what it should not have done is found out when it is closed. */
export interface WatchedPage extends AsyncDisposable {
  readonly page: Page;
  /** From now on errors of requests are expected: the server is about to go. */
  expectLostConnection(): void;
  /** From now on the server may answer with this status, which Chromium takes for an error. */
  expectStatus(status: number): void;
  /** From now on the page may tell of errors like this one. */
  expectError(like: RegExp): void;
}

/** Opens a page of the server at `url`. @param path with its query */
export async function openPage(
  browser: Browser,
  url: string,
  path = '/',
  options: BrowserContextOptions = {},
): Promise<WatchedPage> {
  const context = await browser.newContext({ ...DESKTOP, ...options });
  const outside: string[] = [];
  const errors: string[] = [];
  let mayLoseConnection = false;
  let expectedStatus = 0;
  let expectedError: RegExp | undefined;
  await context.route('**/*', (route) => {
    const requested = route.request().url();
    // The page may be closed meanwhile, or a test takes a route of its own away: then others have seen to the request.
    if (requested.startsWith(`${url}/`) || requested.startsWith('blob:')) return route.continue().catch(() => {});
    outside.push(requested);
    return route.abort();
  });
  const page = await context.newPage();
  page.on('pageerror', (error) => errors.push(error.message));
  page.on('console', (message) => {
    if (message.type() !== 'error') return;
    if (mayLoseConnection && /net::ERR_|^CodeNotLoadedError/.test(message.text())) return;
    if (expectedError?.test(message.text()) === true) return;
    if (message.text().includes(`a status of ${expectedStatus} `)) return;
    errors.push(message.text());
  });
  await page.goto(`${url}${path}`);
  return {
    page,
    expectLostConnection: () => (mayLoseConnection = true),
    expectStatus: (status) => (expectedStatus = status),
    expectError: (like) => (expectedError = like),
    async [Symbol.asyncDispose]() {
      // What a test's routes still fetch for the page is of no use to anybody.
      await page.unrouteAll({ behavior: 'ignoreErrors' });
      await context.close();
      expect(outside, 'requests to others').toEqual([]);
      expect(errors, 'errors on the console').toEqual([]);
    },
  };
}

/** What axe finds against the rules of WCAG 2.2 AA and its own best practices, one line an element. */
export async function accessibilityViolations(page: Page): Promise<readonly string[]> {
  await page.evaluate(axe.source);
  const { violations } = await page.evaluate(() => (globalThis as unknown as { axe: typeof axe }).axe.run());
  return violations.flatMap(({ id, help, nodes }) => nodes.map(({ html }) => `${id}: ${help}: ${html}`));
}
