import { join } from 'node:path';
import type { Browser, Page, Request } from 'playwright-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { readSale, reportsOf } from '../oracle/furniture-store.ts';
import { startDaybook, temporaryFolder } from '../process/daybook-process.ts';
import { post } from '../process/reports-over-http.ts';
import { mixedSales } from '../sales/mixed-sales.ts';
import { launchChromium, openPage } from './chromium.ts';
import { dailyReport } from './daily-report.ts';

const SCREENSHOTS = join(import.meta.dirname, 'screenshots');
const MONEY = new Intl.NumberFormat('en-US', { style: 'currency', currency: 'USD' });
/** What the page loads before the map, packed, and all that a map needs besides. */
const FIRST_LOAD_BYTES_MAX = 350 * 1024;
/** What is good, by web.dev’s measure. */
const LAYOUT_SHIFT_MAX = 0.1;
const MAP_FILES = /map-canvas|maplibre|states-10m|land-110m/;

const lines = mixedSales(1_500, { repeats: 0, seed: 41 });
let browser: Browser;

beforeAll(async () => {
  browser = await launchChromium();
});
afterAll(() => browser.close());

/** A Daybook with the first sales, and a page of it. */
async function withPage(count: number, use: (page: Page, url: string) => Promise<void>): Promise<void> {
  await using folder = await temporaryFolder();
  const daybook = await startDaybook(folder.path);
  try {
    await post(daybook.url, lines.slice(0, count));
    await using watched = await openPage(browser, daybook.url);
    await expect.poll(async () => (await dailyReport(watched.page).spots()).length).toBeGreaterThan(0);
    await use(watched.page, daybook.url);
  } finally {
    await daybook.stop();
  }
}

/** What a page shows in one moment. */
interface Shown {
  readonly frame: number;
  readonly customers: number;
  readonly rows: readonly number[];
  readonly onMap: number;
}

/** Runs in the page: looks at all tiles whenever the page has been drawn. */
function watchTiles(): void {
  const shown: Shown[] = [];
  Object.assign(globalThis, { shown });
  const numberIn = (element: Element | null | undefined): number =>
    Number((element?.textContent ?? '').replaceAll(/[^\d]/g, ''));
  const look = (): void => {
    shown.push({
      frame: numberIn(document.querySelector('.live-frame')),
      customers: Number(document.querySelector('.number-tile data')?.getAttribute('value')),
      rows: Array.from(document.querySelectorAll('.table-tile .page-moves > span'), (span) =>
        Number((span.textContent ?? '').split(' of ')[1]?.replaceAll(',', '')),
      ),
      onMap: Number(document.querySelector('.map-summary data')?.getAttribute('value')),
    });
    requestAnimationFrame(look);
  };
  requestAnimationFrame(look);
}

it('all tiles are of the frame that the page names, in every picture that is drawn', async () => {
  await withPage(500, async (page, url) => {
    await page.evaluate(watchTiles);
    const printed = new Intl.NumberFormat('en-US');
    for (let at = 500; at < lines.length; at += 25) {
      await post(url, lines.slice(at, at + 25));
      // Now and then it may come to rest.
      if (at % 100 > 0) continue;
      await expect.poll(() => page.locator('.live-frame').textContent()).toBe(`frame ${printed.format(at + 25)}`);
    }
    await expect.poll(() => page.locator('.live-frame').textContent()).toBe('frame 1,500');
    const shown = await page.evaluate(() => (globalThis as unknown as { readonly shown: readonly Shown[] }).shown);
    const byFrame = Map.groupBy(shown, ({ frame }) => frame);
    expect(byFrame.size).toBeGreaterThan(5);
    for (const [frame, moments] of byFrame) {
      const reports = reportsOf(lines.slice(0, frame).map(readSale));
      const rows = reports['daily_category_product']?.length ?? 0;
      const places = reports['daily_address'] ?? [];
      const expected: Shown = {
        frame,
        customers: Number(reports['daily_pu_rev']?.at(-1)?.['daily_pu']),
        rows: [rows, rows, rows],
        onMap: places.reduce((sum, row) => sum + Number(row['daily_pu']), 0),
      };
      for (const moment of moments) expect(moment).toEqual(expected);
    }
  });
});

/** Runs in the page: notes what moves without anybody asking for it (Cumulative Layout Shift). */
function watchShifts(): void {
  const shifts: number[] = [];
  Object.assign(globalThis, { shifts });
  new PerformanceObserver((list) => {
    const entries = list.getEntries() as unknown as readonly {
      readonly value: number;
      readonly hadRecentInput: boolean;
    }[];
    shifts.push(...entries.filter(({ hadRecentInput }) => !hadRecentInput).map(({ value }) => value));
  }).observe({ type: 'layout-shift', buffered: true });
}

async function shiftOf(page: Page): Promise<number> {
  const shifts = await page.evaluate(() => (globalThis as unknown as { readonly shifts: readonly number[] }).shifts);
  return shifts.reduce((sum, value) => sum + value, 0);
}

it.each([
  ['large', { width: 1440, height: 900 }],
  ['small', { width: 360, height: 740 }],
])('nothing moves while the page loads and its numbers change: %s', async (_name, viewport) => {
  await using folder = await temporaryFolder();
  const daybook = await startDaybook(folder.path);
  try {
    await post(daybook.url, lines.slice(0, 500));
    await using watched = await openPage(browser, daybook.url, '/', { viewport });
    const { page } = watched;
    await page.addInitScript(watchShifts);
    await page.reload();
    await expect.poll(() => dailyReport(page).mapTotal()).toBeGreaterThan(0);
    const printed = new Intl.NumberFormat('en-US');
    for (let at = 500; at < lines.length; at += 100) {
      await post(daybook.url, lines.slice(at, at + 100));
      await expect.poll(() => page.locator('.live-frame').textContent()).toBe(`frame ${printed.format(at + 100)}`);
    }
    expect(await shiftOf(page)).toBeLessThan(LAYOUT_SHIFT_MAX);
    // What does move is noticed.
    await page.locator('main').evaluate((main) => main.style.setProperty('margin-top', '300px'));
    await expect.poll(() => shiftOf(page)).toBeGreaterThan(LAYOUT_SHIFT_MAX);
  } finally {
    await daybook.stop();
  }
});

it('at the store’s midnight the page moves to the new day by itself', async () => {
  await withPage(lines.length, async (page) => {
    const report = dailyReport(page);
    const day = report.tile('Revenue').locator('.figure-facts time');
    const before = await report.number('Revenue');
    // New York: ten seconds to midnight, and five behind it.
    await page.clock.setFixedTime('2026-05-01T03:59:50Z');
    await expect.poll(() => day.getAttribute('datetime')).toBe('2026-04-30');
    expect(await report.number('Revenue')).toBe(before);
    await page.clock.setFixedTime('2026-05-01T04:00:05Z');
    await expect.poll(() => day.getAttribute('datetime')).toBe('2026-05-01');
    expect(await report.number('Revenue')).toBe(0);
    expect(await report.tile('Revenue').locator('.figure-facts').textContent()).toContain('-100.0% previous day');
    await page.getByRole('button', { name: 'Today', exact: true }).click();
    await expect.poll(() => report.tile('Products by revenue').textContent()).toContain('No sales in this range');
  });
});

it('a day that changed after it was closed is marked, with old value, new value and the records that did it', async () => {
  await withPage(lines.length, async (page, url) => {
    const report = dailyReport(page);
    const [first = ''] = lines;
    const late = {
      ...(JSON.parse(first) as object),
      ts_id: 'ffffffff-0000-4000-8000-000000000001',
      revenue: 1000,
      ts_date: '2026-04-01',
      ts: '2026-04-01 10:00:00',
    };
    const day = reportsOf(lines.map(readSale))['daily_pu_rev']?.find((row) => row['ts_date'] === '2026-04-01');
    const before = Number(day?.['daily_rev']);
    await post(url, [JSON.stringify(late)]);
    const amended = report.tile('Revenue').locator('.amended');
    await expect.poll(() => amended.locator('summary').textContent()).toContain('amended');
    await amended.locator('summary').click();
    const entry = amended.locator('li', { hasText: MONEY.format(before + 1000) });
    expect(await entry.textContent()).toContain(
      `Wed, Apr 1, 2026${MONEY.format(before)} → ${MONEY.format(before + 1000)}`,
    );
    const trend = report.tile('Revenue').getByRole('slider');
    await trend.focus();
    await trend.press('Home');
    expect(await trend.getAttribute('aria-valuetext')).toContain(', amended');
    await report.tile('Revenue').screenshot({ path: join(SCREENSHOTS, 'amended.png') });
    await entry.getByRole('link').click();
    await expect.poll(() => page.locator('.record-scroller tbody td:first-child').first().textContent()).toBe('1,500');
  });
});

it('a chart that has the focus is read out when its reader comes or moves, and not again with each sale', async () => {
  await withPage(500, async (page, url) => {
    const report = dailyReport(page);
    const trend = report.tile('Revenue').getByRole('slider');
    await trend.focus();
    const read = (): Promise<readonly (string | null)[]> =>
      trend.evaluate((slider: HTMLInputElement) => [slider.value, slider.getAttribute('aria-valuetext')]);
    const before = await read();
    const revenue = await report.number('Revenue');
    const day = await report.tile('Revenue').locator('.figure-facts time').getAttribute('datetime');
    // More of the same day, and a day that is newer.
    const sale = (number: number, ts_date: string): string => {
      const ts_id = `ffffffff-0000-4000-8000-00000000000${number}`;
      return JSON.stringify({ ...(JSON.parse(lines[0] ?? '') as object), ts_id, ts: `${ts_date} 10:00:00`, ts_date });
    };
    await post(url, [sale(1, day ?? '')]);
    await expect.poll(() => report.number('Revenue')).not.toBe(revenue);
    const now = await report.number('Revenue');
    expect(await read()).toEqual(before);
    await post(url, [sale(2, '2026-05-02')]);
    await expect.poll(() => trend.getAttribute('max')).not.toBe(before[0]);
    expect(await read()).toEqual(before);
    await trend.press('ArrowLeft');
    expect((await read())[0]).toBe(String(Number(before[0]) - 1));
    await trend.press('ArrowRight');
    expect(await read()).toEqual([before[0], expect.stringContaining(MONEY.format(now))]);
  });
});

it('loads little before the map, packed, and nothing of the map on the other pages', async () => {
  await using folder = await temporaryFolder();
  const daybook = await startDaybook(folder.path);
  try {
    await post(daybook.url, lines);
    for (const path of ['/', '/records', '/pipeline']) {
      await using watched = await openPage(browser, daybook.url, path);
      const { page } = watched;
      const finished: Request[] = [];
      page.on('requestfinished', (request) => finished.push(request));
      await page.reload();
      await expect.poll(() => page.locator('.live-state [role=status]').textContent()).toBe('Live');
      await page.locator('.figure, .record-scroller, .parts').first().waitFor();
      const all = await Promise.all(
        finished.map(async (request) => [request.url(), (await request.sizes()).responseBodySize] as const),
      );
      const before = all.filter(([url]) => !MAP_FILES.test(url));
      expect(before.length).toBeGreaterThan(3);
      expect(before.reduce((sum, [, size]) => sum + size, 0)).toBeLessThan(FIRST_LOAD_BYTES_MAX);
      if (path !== '/') expect(all.length).toBe(before.length);
    }
  } finally {
    await daybook.stop();
  }
});

it('moves nothing where the reader asked for no motion, and prints without its tools', async () => {
  await withPage(200, async (page) => {
    await page.getByLabel('From').fill('2026-04-10');
    await page.emulateMedia({ reducedMotion: 'reduce' });
    expect(await page.getByText('Since Fri, Apr 10, 2026').isVisible()).toBe(false);
    const moving = await page.evaluate(
      () =>
        Array.from(document.querySelectorAll('*')).filter((element) => {
          const { animationName, transitionDuration } = getComputedStyle(element);
          return animationName !== 'none' || transitionDuration.split(', ').some((each) => Number.parseFloat(each) > 0);
        }).length,
    );
    expect(moving).toBe(0);
    await page.emulateMedia({ media: 'print' });
    expect(await page.getByRole('group', { name: 'Date range' }).isVisible()).toBe(false);
    // The days that it is of are said all the same.
    expect(await page.getByText('Since Fri, Apr 10, 2026').isVisible()).toBe(true);
    expect(await page.locator('.figure').first().isVisible()).toBe(true);
    await page.screenshot({ path: join(SCREENSHOTS, 'print.png'), fullPage: true });
  });
});
