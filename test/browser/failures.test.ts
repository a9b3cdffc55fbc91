import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startDaybook, temporaryFolder } from '../process/daybook-process.ts';
import { post } from '../process/reports-over-http.ts';
import { mixedSales } from '../sales/mixed-sales.ts';
import type { WatchedPage } from './chromium.ts';
import { launchChromium, openPage } from './chromium.ts';

const RECORDS_CODE = '**/assets/records-page-*.js';
const ENTRY = /index-[\w-]+\.js/;

const lines = mixedSales(200, { repeats: 0, seed: 69 });
let browser: Browser;

beforeAll(async () => {
  browser = await launchChromium();
});
afterAll(() => browser.close());

async function withDaybook(use: (daybook: Awaited<ReturnType<typeof startDaybook>>) => Promise<void>): Promise<void> {
  await using folder = await temporaryFolder();
  const daybook = await startDaybook(folder.path);
  try {
    await post(daybook.url, lines);
    await use(daybook);
  } finally {
    await daybook.stop();
  }
}

describe('another page', () => {
  it('is there also when the server is away', async () => {
    await withDaybook(async (daybook) => {
      await using watched = await openPage(browser, daybook.url);
      const { page } = watched;
      await expect.poll(() => loadedCode(watched)).toMatch(/records-page.*pipeline-page|pipeline-page.*records-page/s);
      watched.expectLostConnection();
      await daybook.kill();
      await page.getByRole('link', { name: 'Records' }).click();
      await page.getByRole('heading', { level: 1, name: 'Records' }).waitFor();
      await page.getByRole('link', { name: 'Dashboard' }).click();
      await page.getByRole('heading', { level: 1, name: 'Daily report' }).waitFor();
    });
  });

  it('whose code cannot be loaded says so, and comes when it can', async () => {
    await withDaybook(async ({ url }) => {
      await using watched = await openPage(browser, url, '/pipeline');
      const { page } = watched;
      watched.expectLostConnection();
      await page.route(RECORDS_CODE, (route) => route.abort());
      await page.reload();
      await page.getByRole('link', { name: 'Records' }).click();
      await page.getByText('This page could not be loaded').waitFor();
      await page.getByRole('link', { name: 'Dashboard' }).click();
      await page.getByRole('heading', { level: 1, name: 'Daily report' }).waitFor();
      await page.getByRole('link', { name: 'Records' }).click();
      await page.unroute(RECORDS_CODE);
      await page.getByRole('button', { name: 'Try again' }).click();
      await page.getByRole('heading', { level: 1, name: 'Records' }).waitFor();
    });
  });

  it('whose code has another name since the pages were built anew is loaded with them', async () => {
    await withDaybook(async ({ url }) => {
      await using watched = await openPage(browser, url, '/pipeline');
      const { page } = watched;
      watched.expectStatus(404);
      await page.route(RECORDS_CODE, (route) => route.fulfill({ status: 404 }));
      await page.reload();
      await page.getByRole('heading', { level: 1, name: 'Pipeline' }).waitFor();
      // As it is after another build: the page names another script.
      await page.route(`${url}/`, async (route) => {
        const response = await route.fetch();
        await route.fulfill({ response, body: (await response.text()).replace(ENTRY, 'index-another.js') });
      });
      page.on('load', () => void page.unroute(RECORDS_CODE));
      await page.getByRole('link', { name: 'Records' }).click();
      await page.getByRole('heading', { level: 1, name: 'Records' }).waitFor();
    });
  });
});

/** The addresses of all code that the page has loaded. */
async function loadedCode({ page }: WatchedPage): Promise<string> {
  return page.evaluate(() =>
    performance
      .getEntriesByType('resource')
      .map(({ name }) => name)
      .join('\n'),
  );
}
