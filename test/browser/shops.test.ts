import { fileURLToPath } from 'node:url';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { DaybookProcess } from '../process/daybook-process.ts';
import { runDaybook, startDaybook, temporaryFolder } from '../process/daybook-process.ts';
import { post } from '../process/reports-over-http.ts';
import { launchChromium, openPage } from './chromium.ts';
import { dailyReport } from './daily-report.ts';

const CONFIG = fileURLToPath(new URL('../definitions/shops.ts', import.meta.url));
const DAYS = 70;
const DAY_MS = 86_400_000;
const FIRST_MS = Date.UTC(2026, 0, 1);
const PHONE = { viewport: { width: 390, height: 844 } };

interface Sale {
  readonly number: number;
  readonly day: string;
  readonly amount: number;
  readonly product?: string;
}

function saleLine({ number, day, amount, product = 'Chair' }: Sale): string {
  const id = `00000000-0000-4000-8000-${String(number).padStart(12, '0')}`;
  const shop = [null, '', 'North'][number % 3];
  const place = number % 2 === 0 ? { north: 40, east: 10 } : { north: null, east: null };
  const kind = { region: 'Coast', shop, year: 2021, hour: 10, product, channel: 'Web' };
  return JSON.stringify({ id, at: `${day} 10:00:00`, day, ...kind, ...place, amount });
}

const lines = Array.from({ length: DAYS }, (_, at) => {
  const day = new Date(FIRST_MS + at * DAY_MS).toISOString().slice(0, 10);
  return saleLine({ number: at, day, amount: 10.1 });
});

let browser: Browser;
let folder: AsyncDisposable & { readonly path: string };
let daybook: DaybookProcess;

beforeAll(async () => {
  [browser, folder] = await Promise.all([launchChromium(), temporaryFolder()]);
  await runDaybook(['import', '-', '--config', CONFIG, '--data', folder.path], `${lines.join('\n')}\n`);
  daybook = await startDaybook(folder.path, ['--no-generate', '--config', CONFIG]);
});

afterAll(async () => {
  await browser.close();
  await daybook.stop();
  await folder[Symbol.asyncDispose]();
});

const widths = (page: Page, selector: string): Promise<readonly number[]> =>
  page.locator(selector).evaluateAll((all) => all.map((each) => each.getBoundingClientRect().width));

it.each([1280, 390])(
  'no column and no bar is without a width, and nothing is beside the page: %i px',
  async (width) => {
    await using watched = await openPage(browser, daybook.url, '/', { viewport: { width, height: 900 } });
    const { page } = watched;
    await expect.poll(() => page.locator('.bar-column').count()).toBe(60);
    await expect.poll(() => dailyReport(page).rows('Revenue €')).toHaveLength(10);
    const names = page.getByRole('region', { name: 'Revenue €' }).getByRole('button', { name: /^Explain Chair/ });
    expect((await names.first().boundingBox())?.width).toBeGreaterThan(30);
    const headers = await widths(page, '.table-tile th:not(.text)');
    expect(headers).toHaveLength(10);
    expect(Math.min(...headers)).toBeGreaterThan(60);
    expect(Math.min(...(await widths(page, '.bar-column .up i')))).toBeGreaterThan(2);
    expect(await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth)).toBeLessThanOrEqual(0);
  },
);

it('on a phone no bar of a table lies under its figure', async () => {
  await using watched = await openPage(browser, daybook.url, '/', PHONE);
  const { page } = watched;
  await expect.poll(() => dailyReport(page).rows('Revenue €')).toHaveLength(10);
  const cells = page.getByRole('region', { name: 'Revenue €' }).locator('.bar-cell:has(.bar-fill)');
  await expect.poll(() => cells.count()).toBe(10);
  const rooms = await cells.evaluateAll((all) =>
    all.map((cell) => {
      const [bar, figure] = [cell.querySelector('.bar-fill'), cell.querySelector('data')];
      return (bar?.getBoundingClientRect().top ?? NaN) - (figure?.getBoundingClientRect().bottom ?? NaN);
    }),
  );
  expect(Math.min(...rooms)).toBeGreaterThanOrEqual(0);
});

it('of more days than there is room for bars, the newest are shown', async () => {
  await using watched = await openPage(browser, daybook.url);
  const bars = dailyReport(watched.page).tile('By day');
  await expect.poll(() => bars.textContent()).toContain('The newest 60 of 70');
  expect(await bars.getByRole('slider').getAttribute('aria-valuetext')).toContain('Mar 11, 2026');
});

it('tables whose titles have the same letters are searched each by itself, and what is found is said', async () => {
  await using watched = await openPage(browser, daybook.url);
  const { tile, place } = dailyReport(watched.page);
  await tile('Revenue €').getByRole('searchbox').fill('nor');
  await expect.poll(() => tile('Revenue €').getByRole('status').textContent()).toBe('23 rows with “nor”');
  expect(await place('Revenue %')).toBe('1–10 of 70');
  await tile('Revenue %').getByRole('searchbox').fill('coa');
  await expect.poll(() => tile('Revenue %').getByRole('status').textContent()).toBe('70 rows with “coa”');
  expect(await place('Revenue €')).toBe('1–10 of 23');
});

it('a category that is not there is filtered by, and told from an empty one wherever it stands', async () => {
  const sum = 'report=shops&measure=total&from=2026-03-01&to=2026-03-03';
  await using watched = await openPage(browser, daybook.url, `/?explain.sum=${encodeURIComponent(sum)}`);
  const { page } = watched;
  const { tile, rows, place } = dailyReport(page);
  const panel = page.getByRole('dialog', { name: /^Explain the sum/ });
  await expect
    .poll(() => panel.locator('tbody tr').allTextContents())
    .toEqual(['2026-03-03(empty)€10.10', '2026-03-02–€10.10', '2026-03-01North€10.10']);
  await page.keyboard.press('Escape');
  expect((await rows('Revenue €')).slice(0, 3).map((cells) => cells.slice(2, 5))).toEqual([
    ['–', '2021', '10'],
    ['North', '2021', '10'],
    ['(empty)', '2021', '10'],
  ]);
  await tile('Revenue €').getByRole('button', { name: 'Only –' }).first().click();
  await expect.poll(() => place('Revenue €')).toBe('1–10 of 24');
});

it('an address that nobody can have chosen is as if it were not there', async () => {
  const address = '/?from=2026-02-30&range=toString&revenue.rows=totals&revenue.sort=trend%20by%20day';
  await using watched = await openPage(browser, daybook.url, address);
  const { page } = watched;
  await expect.poll(() => dailyReport(page).number('Revenue')).toBe(10.1);
  await expect.poll(async () => (await dailyReport(page).rows('Revenue €')).length).toBe(3);
  expect(await page.getByRole('alert').count()).toBe(0);
});

it('the sum under the map is exact and money, and says what has no place', async () => {
  await using watched = await openPage(browser, daybook.url, '/?map.as=list', PHONE);
  const footer = dailyReport(watched.page).tile('Places').locator('footer');
  await expect.poll(() => footer.locator('data').getAttribute('value')).toBe('707');
  expect(await footer.textContent()).toContain(
    '€707.00 revenue in 1 place, €353.50 revenue without a place among them',
  );
  expect(await dailyReport(watched.page).rows('Places')).toEqual([['40.00° N, 10.00° E', '€353.50']]);
});

it('a day of several rows that was amended leads to its late records, and is not said to have gone from one row’s value to another', async () => {
  const late = ['Desk', 'Chair'].map((product, at) =>
    saleLine({ number: 200 + at, day: '2026-01-05', amount: 2, product }),
  );
  expect((await post(daybook.url, late)).status).toBe(200);
  await using watched = await openPage(browser, daybook.url);
  const { page } = watched;
  const amended = dailyReport(page).tile('Revenue').locator('.amended');
  await amended.getByText('1 day amended').click();
  expect(await amended.getByRole('listitem').allTextContents()).toEqual(['Mon, Jan 5, 2026late records, offset 70–71']);
  await amended.getByRole('link', { name: 'How their rows changed' }).click();
  await expect
    .poll(() => page.getByRole('region', { name: 'Amendments' }).textContent())
    .toContain('2026-01-05 · Coast · – · 2021 · 10 · Web · Chair');
});

it('how many rows a search finds is said once, and not again with each sale that is found as well', async () => {
  await using watched = await openPage(browser, daybook.url);
  const { tile, place } = dailyReport(watched.page);
  await tile('Revenue €').getByRole('searchbox').fill('nor');
  const status = tile('Revenue €').getByRole('status');
  await expect.poll(() => status.textContent()).toMatch(/^\d+ rows with “nor”$/);
  const said = (await status.textContent()) ?? '';
  const count = Number.parseInt(said, 10);
  // A sale of the shop North, which sold nothing on that day.
  expect((await post(daybook.url, [saleLine({ number: 302, day: '2026-03-05', amount: 1 })])).status).toBe(200);
  await expect.poll(() => place('Revenue €')).toBe(`1–10 of ${count + 1}`);
  expect(await status.textContent()).toBe(said);
  await tile('Revenue €').getByRole('searchbox').fill('nort');
  await expect.poll(() => status.textContent()).toBe(`${count + 1} rows with “nort”`);
});
