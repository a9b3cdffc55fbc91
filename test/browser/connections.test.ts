import type { Browser, BrowserContext, Page } from 'playwright-core';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { startDaybook, temporaryFolder } from '../process/daybook-process.ts';
import { post } from '../process/reports-over-http.ts';
import { mixedSales } from '../sales/mixed-sales.ts';
import { launchChromium } from './chromium.ts';

/** Chromium has six connections to a server over HTTP/1.1. */
const MORE_THAN_CONNECTIONS = 8;
const LOAD_MS_MAX = 15_000;
/** A page waits 25 seconds for a sign of life. */
const SILENCE_MS_MAX = 35_000;

const lines = mixedSales(200, { repeats: 0, seed: 68 });
let browser: Browser;
let context: BrowserContext;

beforeAll(async () => {
  browser = await launchChromium({ keepsPages: true });
});
afterAll(() => browser.close());
beforeEach(async () => {
  context = await browser.newContext({ locale: 'en-US' });
  return () => context.close();
});

async function loaded(page: Page, address: string): Promise<void> {
  await page.goto(address, { timeout: LOAD_MS_MAX });
  await expect.poll(() => page.locator('.live-state [role=status]').textContent()).toBe('Live');
}

it('pages that were left hold no connection, and are live when they are come back to', async () => {
  await using folder = await temporaryFolder();
  const daybook = await startDaybook(folder.path);
  try {
    await post(daybook.url, lines.slice(0, 100));
    const page = await context.newPage();
    await page.addInitScript(() => {
      addEventListener('pageshow', ({ persisted }) => Object.assign(globalThis, { wasKept: persisted }));
    });
    const paths = ['/', '/records?follow=true', '/pipeline'];
    for (let at = 0; at < MORE_THAN_CONNECTIONS; at++) await loaded(page, `${daybook.url}${paths[at % 3] ?? ''}`);
    await loaded(page, daybook.url);
    await loaded(page, `${daybook.url}/pipeline`);
    await post(daybook.url, lines.slice(100));
    // A page that was kept does not load.
    await page.goBack({ waitUntil: 'commit' });
    const wasKept = (): Promise<boolean> =>
      page.evaluate(() => (globalThis as unknown as { readonly wasKept: boolean }).wasKept);
    await expect.poll(wasKept).toBe(true);
    await expect.poll(() => page.locator('.live-frame').textContent()).toBe('frame 200');
    expect(await page.locator('.banner').count()).toBe(0);
  } finally {
    await daybook.stop();
  }
});

it('hidden tabs hold no connection, and one that is shown again is live', async () => {
  await using folder = await temporaryFolder();
  const daybook = await startDaybook(folder.path);
  try {
    await post(daybook.url, lines.slice(0, 100));
    const openHidden = async (): Promise<Page> => {
      const tab = await context.newPage();
      await loaded(tab, daybook.url);
      // Playwright lets each tab believe that it is the one in front.
      await setVisibility(tab, 'hidden');
      return tab;
    };
    const first = await openHidden();
    for (let at = 1; at < MORE_THAN_CONNECTIONS; at++) {
      const tab = await openHidden();
      // The first five are given their time together.
      if (at === 4) await expect.poll(() => tab.locator('.live-state [role=status]').textContent()).toBe('Connecting');
    }
    await post(daybook.url, lines.slice(100));
    expect(await first.locator('.live-frame').textContent()).toBe('frame 100');
    await setVisibility(first, 'visible');
    await expect.poll(() => first.locator('.live-frame').textContent()).toBe('frame 200');
    expect(await first.locator('.banner').count()).toBe(0);
  } finally {
    await daybook.stop();
  }
});

it('a server that hangs with its connections open is told, and the page is live again once it goes on', async () => {
  await using folder = await temporaryFolder();
  const daybook = await startDaybook(folder.path);
  try {
    await post(daybook.url, lines.slice(0, 100));
    const page = await context.newPage();
    await loaded(page, `${daybook.url}/records?follow=true`);
    const followed = page.locator('.search-progress [role=status]');
    await expect.poll(() => followed.textContent()).toBe('Following');
    daybook.hang();
    const state = page.locator('.live-state [role=status]');
    await expect.poll(() => state.textContent(), { timeout: SILENCE_MS_MAX }).toBe('Reconnecting');
    expect(await page.getByText('The connection is lost').count()).toBe(1);
    expect(await followed.textContent()).toContain('Connecting');
    daybook.goOn();
    await expect.poll(() => state.textContent()).toBe('Live');
    // It follows on a connection of its own, and what comes before that is not shown.
    await expect.poll(() => followed.textContent()).toBe('Following');
    await post(daybook.url, lines.slice(100, 101));
    await expect.poll(() => page.locator('.records-tile tbody tr').count()).toBe(1);
  } finally {
    daybook.goOn();
    await daybook.stop();
  }
});

async function setVisibility(page: Page, state: DocumentVisibilityState): Promise<void> {
  await page.evaluate((visibilityState) => {
    Object.defineProperty(document, 'visibilityState', { configurable: true, value: visibilityState });
    document.dispatchEvent(new Event('visibilitychange'));
  }, state);
}
