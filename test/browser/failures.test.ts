import { writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readSale, reportsOf } from '../oracle/furniture-store.ts';
import { startDaybook, temporaryFolder } from '../process/daybook-process.ts';
import { post } from '../process/reports-over-http.ts';
import { mixedSales } from '../sales/mixed-sales.ts';
import { launchChromium, openPage } from './chromium.ts';
import { dailyReport } from './daily-report.ts';

const ROOT = resolve(import.meta.dirname, '../..');
const RECORDS_CODE = '**/assets/records-page-*.js';
/** Numbers, tables and the map. */
const TILES = 7;

const lines = mixedSales(200, { repeats: 0, seed: 69 });
const reports = reportsOf(lines.map(readSale));
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
      await expect.poll(() => loadedPages(page)).toEqual(['pipeline', 'records']);
      watched.expectLostConnection();
      await daybook.kill();
      await page.getByRole('link', { name: 'Records' }).click();
      await page.getByRole('heading', { level: 1, name: 'Records' }).waitFor();
      await page.getByRole('link', { name: 'Dashboard' }).click();
      await page.getByRole('heading', { level: 1, name: 'Daily report' }).waitFor();
    });
  });

  it('whose code cannot be loaded says so behind one load of the page, and comes when it can', async () => {
    await withDaybook(async ({ url }) => {
      await using watched = await openPage(browser, url, '/pipeline');
      const { page } = watched;
      watched.expectLostConnection();
      await page.route(RECORDS_CODE, (route) => route.abort());
      await page.reload();
      let loads = 0;
      page.on('load', () => loads++);
      await page.getByRole('link', { name: 'Records' }).click();
      await page.getByText('This page could not be loaded').waitFor();
      await page.getByRole('link', { name: 'Dashboard' }).click();
      await page.getByRole('heading', { level: 1, name: 'Daily report' }).waitFor();
      await page.getByRole('link', { name: 'Records' }).click();
      await page.getByText('This page could not be loaded').waitFor();
      expect(loads).toBe(1);
      await page.unroute(RECORDS_CODE);
      await page.getByRole('button', { name: 'Try again' }).click();
      await page.getByRole('heading', { level: 1, name: 'Records' }).waitFor();
    });
  });

  it('whose code is not there any more, as where the pages were built anew, is loaded with the page', async () => {
    await withDaybook(async ({ url }) => {
      await using watched = await openPage(browser, url, '/pipeline');
      const { page } = watched;
      watched.expectStatus(404);
      await page.route(RECORDS_CODE, (route) => route.fulfill({ status: 404 }));
      await page.reload();
      await page.getByRole('heading', { level: 1, name: 'Pipeline' }).waitFor();
      page.on('load', () => void page.unroute(RECORDS_CODE));
      await page.getByRole('link', { name: 'Records' }).click();
      await page.getByRole('heading', { level: 1, name: 'Records' }).waitFor();
    });
  });
});

describe('figures of another range', () => {
  it('take the place of those before once they are there, and are said to be missing while the server is away', async () => {
    await withDaybook(async (daybook) => {
      await using watched = await openPage(browser, daybook.url, '/?from=2026-04-10&to=2026-04-10');
      const { page } = watched;
      const report = dailyReport(page);
      const revenue = report.tile('Revenue');
      const shown = async (): Promise<readonly unknown[]> => [
        await revenue.locator('.figure-facts time').getAttribute('datetime'),
        await report.number('Revenue'),
      ];
      await expect.poll(() => report.number('Revenue')).toBe(revenueOf('2026-04-10'));
      // The map’s own files come later than the rest of the page.
      await expect.poll(async () => (await report.spots()).length).toBeGreaterThan(0);

      // The answer is held back until the page has been looked at.
      const held = Promise.withResolvers<void>();
      await page.route('**/api/v1/frames*', async (route) => {
        await held.promise;
        await route.continue();
      });
      await choose(page, '/?from=2026-04-12&to=2026-04-12');
      await expect.poll(() => revenue.getAttribute('aria-busy')).toBe('true');
      expect(await shown()).toEqual(['2026-04-10', revenueOf('2026-04-10')]);
      held.resolve();
      await expect.poll(shown).toEqual(['2026-04-12', revenueOf('2026-04-12')]);
      await page.unroute('**/api/v1/frames*');

      watched.expectLostConnection();
      await daybook.kill();
      await page.getByText('The connection is lost').waitFor();
      expect(await shown()).toEqual(['2026-04-12', revenueOf('2026-04-12')]);
      await choose(page, '/?from=2026-04-14&to=2026-04-14');
      await expect.poll(() => page.getByText('Not loaded yet').count()).toBe(TILES);
      expect(await page.locator('.figure').count()).toBe(0);
    });
  });
});

it('a tile that cannot be drawn says so, can be tried again, and takes no other along', async () => {
  await withDaybook(async ({ url }) => {
    await using watched = await openPage(browser, url, '/pipeline');
    const { page } = watched;
    watched.expectError(/currency/);
    // No browser prints money of such a currency.
    await page.route('**/api/v1/reports', async (route) => {
      const definition = (await (await route.fetch()).json()) as { readonly stream: object };
      await route.fulfill({ json: { ...definition, stream: { ...definition.stream, currency: 'X' } } });
    });
    await page.goto(url);
    const { tile, number } = dailyReport(page);
    await tile('Revenue').getByText('This could not be drawn').waitFor();
    expect(await number('Paying customers')).toBe(Number(reports['daily_pu_rev']?.at(-1)?.['daily_pu']));
    await tile('Revenue').getByRole('button', { name: 'Try again' }).click();
    await tile('Revenue').getByText('This could not be drawn').waitFor();
  });
});

it('who follows the log is told when that ends, and can go on', async () => {
  await withDaybook(async ({ url }) => {
    await using watched = await openPage(browser, url, '/records');
    const { page } = watched;
    watched.expectStatus(502);
    const followed = '**/records?follow=true';
    await page.route(followed, (route) =>
      route.fulfill({ status: 502, contentType: 'text/html', body: 'Bad gateway' }),
    );
    await page.getByRole('button', { name: 'Follow' }).click();
    const state = page.locator('.search-progress [role=status]');
    await expect.poll(() => state.textContent()).toBe('Not following');
    expect(await page.locator('.live-dot.following').count()).toBe(0);
    expect(await page.getByRole('alert').textContent()).toBe('Daybook did not answer.');

    await page.unroute(followed);
    await page.getByRole('button', { name: 'Go on' }).click();
    await expect.poll(() => state.textContent()).toBe('Following');
    expect(await page.getByRole('alert').count()).toBe(0);
  });
});

it('a disk that takes no more is said on every page, and no longer once it takes what comes again', async () => {
  await withDaybook(async (daybook) => {
    await using watched = await openPage(browser, daybook.url);
    const { page } = watched;
    await expect.poll(() => page.locator('.live-state [role=status]').textContent()).toBe('Live');
    expect(await page.getByRole('alert').count()).toBe(0);
    daybook.refuseWrites(true);
    const sale = JSON.stringify({ ...readSale(lines[0] ?? ''), ts_id: '00000000-0000-4000-8000-000000000001' });
    const answer = await fetch(`${daybook.url}/api/v1/records`, {
      method: 'POST',
      headers: { 'content-type': 'application/x-ndjson' },
      body: `${sale}\n`,
    });
    expect(answer.status).toBe(503);
    await expect.poll(() => page.getByRole('alert').textContent()).toMatch(/^Records are refused\. .+/);
    await page.getByRole('link', { name: 'Pipeline' }).click();
    await page.getByRole('heading', { level: 1, name: 'Pipeline' }).waitFor();
    expect(await page.getByRole('alert').count()).toBe(1);
    daybook.refuseWrites(false);
    await expect.poll(() => page.getByRole('alert').count()).toBe(0);
  });
});

/** Has the page's questions of a kind answered by a server that cannot do so now. */
async function holdBack(page: Page, addresses: string, detail: string): Promise<void> {
  await page.route(addresses, (route) =>
    route.fulfill({ status: 503, contentType: 'application/problem+json', json: { detail } }),
  );
}

it('what a server needs and does not have is said on every page, of figures that came before as well', async () => {
  await withDaybook(async ({ url }) => {
    await using watched = await openPage(browser, url);
    const { page } = watched;
    const banner = page.getByRole('alert');
    await expect.poll(() => page.locator('.live-state [role=status]').textContent()).toBe('Live');
    watched.expectStatus(503);
    // The connection stands, as where the store behind the server is away.
    await holdBack(page, '**/api/v1/pipeline*', 'The store does not answer.');
    await expect.poll(() => banner.allTextContents()).toEqual(['The figures stand still. The store does not answer.']);
    await page.unroute('**/api/v1/pipeline*');
    await expect.poll(() => banner.count()).toBe(0);
    await holdBack(page, '**/api/v1/frames*', 'The store does not answer.');
    await choose(page, '/?range=7d');
    await expect.poll(() => banner.allTextContents()).toEqual(['The figures stand still. The store does not answer.']);
    await page.unroute('**/api/v1/frames*');
    await expect.poll(() => banner.count()).toBe(0);
  });
});

it('a source that cannot be read is said on every page, and how far it has been read on the pipeline’s', async () => {
  await withDaybook(async ({ url }) => {
    await using watched = await openPage(browser, url, '/pipeline');
    const { page } = watched;
    expect(await page.getByRole('region', { name: 'Sources' }).count()).toBe(0);
    const partitions = [
      { partition: 0, nextOffset: 1_200, endOffset: 1_500 },
      { partition: 1, nextOffset: 40, endOffset: 40 },
    ];
    const source = { name: 'kafka sales', partitions, lag: 300, trouble: 'Kafka does not answer.' };
    await page.route('**/api/v1/pipeline', async (route) => {
      const status = (await (await route.fetch()).json()) as object;
      await route.fulfill({ json: { ...status, sources: [source] } });
    });
    const rows = page.getByRole('region', { name: 'Sources' }).locator('tbody tr');
    await expect
      .poll(() => rows.evaluateAll((all) => all.map((row) => Array.from(row.children, (cell) => cell.textContent))))
      .toEqual([
        ['kafka sales · 0', '1,200', '1,500', '300'],
        ['kafka sales · 1', '40', '40', '0'],
      ]);
    const said = 'Nothing comes from kafka sales. Kafka does not answer.';
    expect(await page.getByRole('alert').allTextContents()).toEqual([said]);
    await page.getByRole('link', { name: 'Dashboard' }).click();
    await page.getByRole('heading', { level: 1, name: 'Daily report' }).waitFor();
    expect(await page.getByRole('alert').allTextContents()).toEqual([said]);
  });
});

it('a Daybook that was started again with another definition has its dashboard on the pages that are open', async () => {
  await using folder = await temporaryFolder();
  const data = join(folder.path, 'data');
  const config = join(folder.path, 'daybook.config.ts');
  // One report is gone, and with it what the page asks of it.
  await writeFile(
    config,
    `import { dailyPuRev, dailyRecords } from '${ROOT}/daybook.config.ts';
     import { defineDashboard, defineDaybook, numberTile } from '${ROOT}/src/daybook.ts';
     export const daybook = defineDaybook({ stream: dailyRecords, reports: [dailyPuRev], dashboard: defineDashboard({
       title: 'Another report', tiles: [numberTile(dailyPuRev, 'daily_rev', { title: 'Turnover', format: 'money' })] }) });`,
  );
  let daybook = await startDaybook(data);
  try {
    await post(daybook.url, lines);
    await using watched = await openPage(browser, daybook.url);
    const { page } = watched;
    await expect.poll(async () => (await dailyReport(page).spots()).length).toBeGreaterThan(0);
    watched.expectLostConnection();
    watched.expectStatus(404);
    await daybook.stop();
    daybook = await startDaybook(data, ['--no-generate', '--port', new URL(daybook.url).port, '--config', config]);
    await page.getByRole('heading', { level: 1, name: 'Another report' }).waitFor();
    await expect.poll(() => dailyReport(page).number('Turnover')).toBe(revenueOf('2026-04-30'));
    expect(await page.locator('.tile h2').allTextContents()).toEqual(['Turnover']);
    expect(await page.locator('.live-state [role=status]').textContent()).toBe('Live');
    expect(await page.locator('.banner').count()).toBe(0);
  } finally {
    await daybook.stop();
  }
});

/** Goes to another address without loading the page anew. */
async function choose(page: Page, address: string): Promise<void> {
  await page.evaluate((to) => {
    history.pushState(null, '', to);
    dispatchEvent(new PopStateEvent('popstate'));
  }, address);
}

function revenueOf(day: string): number {
  return Number(reports['daily_pu_rev']?.find(({ ts_date: each }) => each === day)?.['daily_rev']);
}

/** The other pages whose code is there. */
async function loadedPages(page: Page): Promise<readonly string[]> {
  const addresses = await page.evaluate(() => performance.getEntriesByType('resource').map(({ name }) => name));
  const pages = addresses.flatMap((address) => /(\w+)-page-[\w-]+\.js$/.exec(address)?.[1] ?? []);
  return [...new Set(pages)].toSorted();
}
