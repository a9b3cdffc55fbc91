import { mkdir } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import type { Browser, Locator, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ExplanationAnswer, QuarantineAnswer } from '../../src/server/protocol.ts';
import { readSale, reportsOf } from '../oracle/furniture-store.ts';
import type { DaybookProcess } from '../process/daybook-process.ts';
import { startDaybook, temporaryFolder } from '../process/daybook-process.ts';
import { post } from '../process/reports-over-http.ts';
import { mixedSales } from '../sales/mixed-sales.ts';
import { accessibilityViolations, launchChromium, openPage } from './chromium.ts';
import { dailyReport } from './daily-report.ts';

const SCREENSHOTS = join(import.meta.dirname, 'screenshots');
const ONLINE_SHOP = resolve(import.meta.dirname, '../../examples/online-shop/daybook.config.ts');
const COUNT = new Intl.NumberFormat('en-US');
const MONEY = new Intl.NumberFormat('en-US', { style: 'currency', currency: 'USD' });
const PHONE = { viewport: { width: 360, height: 740 }, isMobile: true, hasTouch: true };

const lines = mixedSales(8_000, { repeats: 0, seed: 31 });
const reports = reportsOf(lines.map(readSale));
const products = reports['daily_category_product'] ?? [];
const WRONG = '{"ts_id":"11111111-2222-4333-8444-555555555555","ts":"2026-04-30 10:00:00"}';

let browser: Browser;
let folder: AsyncDisposable & { readonly path: string };
let daybook: DaybookProcess;

beforeAll(async () => {
  await mkdir(SCREENSHOTS, { recursive: true });
  [browser, folder] = await Promise.all([launchChromium(), temporaryFolder()]);
  daybook = await startDaybook(join(folder.path, 'sales'));
  for (let at = 0; at < lines.length; at += 2_000) {
    expect((await post(daybook.url, lines.slice(at, at + 2_000))).status).toBe(200);
  }
  // A repeat, whose key is written in other letters, and what cannot be accepted.
  const [, key = ''] = /"ts_id":"([^"]+)"/.exec(lines[10] ?? '') ?? [];
  const otherKey = key === key.toUpperCase() ? key.toLowerCase() : key.toUpperCase();
  await post(daybook.url, [(lines[10] ?? '').replace(key, otherKey), WRONG, 'no JSON']);
});

afterAll(async () => {
  await browser.close();
  await daybook.stop();
  await folder[Symbol.asyncDispose]();
});

/** A decimal's text in millionths. */
function microsOf(text = '0'): bigint {
  const [whole = '0', places = ''] = text.split('.');
  return BigInt(whole + places.padEnd(6, '0'));
}

/** What a panel lists as summed. */
function valuesIn(panel: Locator): Promise<readonly string[]> {
  return panel.locator('tbody td:last-child').allTextContents();
}

/** How bright a pixel of the page is as it is drawn, from 0 to 255. */
async function brightness(page: Page, x: number, y: number): Promise<number> {
  const clip = { x: Math.round(x), y: Math.round(y), width: 1, height: 1 };
  const png = `data:image/png;base64,${(await page.screenshot({ clip })).toString('base64')}`;
  return page.evaluate(async (source) => {
    const image = new Image();
    image.src = source;
    await image.decode();
    const canvas = new OffscreenCanvas(1, 1).getContext('2d');
    canvas?.drawImage(image, 0, 0);
    const [red = 0, green = 0, blue = 0] = canvas?.getImageData(0, 0, 1, 1).data ?? [];
    return (red + green + blue) / 3;
  }, png);
}

async function looksRight(page: Page, name: string): Promise<void> {
  await page.screenshot({ path: join(SCREENSHOTS, `${name}.png`) });
  expect(await accessibilityViolations(page)).toEqual([]);
  expect(await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth)).toBeLessThanOrEqual(0);
}

describe('explain', () => {
  it('opens from a row, lists its records with their offsets, and their sums are the row', async () => {
    await using watched = await openPage(browser, daybook.url);
    const { page } = watched;
    const report = dailyReport(page);
    await expect.poll(() => report.rows('Products by revenue')).toHaveLength(10);
    const [cells = []] = await report.rows('Products by revenue');
    await report.tile('Products by revenue').locator('tbody tr').first().click();
    const panel = page.getByRole('dialog', { name: 'Explain: What sold on a day' });
    await expect.poll(() => panel.locator('.agrees').count()).toBe(1);
    const [day = '', category = '', subCategory = '', product = '', revenue = ''] = cells;
    const own = lines.flatMap((line, offset) => {
      const sale = readSale(line);
      const isOwn =
        sale.ts.startsWith(day) &&
        sale.category === category &&
        sale.sub_category === subCategory &&
        sale.product_name === product;
      return isOwn ? [offset] : [];
    });
    const offsets = await panel.locator('tbody tr td:first-child').allTextContents();
    expect(offsets).toEqual(own.slice(0, 25).map((offset) => COUNT.format(offset)));
    expect(await panel.locator('.agrees').textContent()).toContain(`revenue ${revenue}`);
    await looksRight(page, 'explain');
    // A text may be marked beyond the panel's edge; a click beside the panel closes it.
    const { x, y } = (await panel.getByRole('heading').boundingBox()) ?? { x: NaN, y: NaN };
    await page.mouse.move(x + 100, y + 5);
    await page.mouse.down();
    await page.mouse.move(x - 200, y + 5);
    await page.mouse.up();
    expect(await panel.isVisible()).toBe(true);
    const address = page.url().slice(daybook.url.length);
    await page.mouse.click(x - 200, y + 5);
    await expect.poll(() => panel.count()).toBe(0);
    await page.goto(`${daybook.url}${address}`);
    await panel.locator('.agrees').waitFor();
    // The address shows the same to someone else, and Escape closes it.
    await using other = await openPage(browser, daybook.url, page.url().slice(daybook.url.length), PHONE);
    await expect.poll(() => other.page.locator('dialog .agrees').count()).toBe(1);
    await looksRight(other.page, 'explain-small');
    await page.keyboard.press('Escape');
    await expect.poll(() => panel.count()).toBe(0);
    expect(page.url()).not.toContain('explain');
  });

  it('says that late records wait for their day where the records give another row, and else what to run', async () => {
    await using watched = await openPage(browser, daybook.url);
    const { page } = watched;
    // As on the stack, where a closed day is computed again some seconds after its late records came.
    let waiting = 2;
    await page.route('**/api/v1/reports/*/records?*', async (route) => {
      const answer = (await (await route.fetch()).json()) as ExplanationAnswer;
      await route.fulfill({ json: { ...answer, waiting, row: { ...answer.row, daily_rev: 0 } } });
    });
    await expect.poll(() => dailyReport(page).rows('Products by revenue')).toHaveLength(10);
    await dailyReport(page).tile('Products by revenue').locator('tbody tr').first().click();
    const sums = page.getByRole('dialog', { name: 'Explain: What sold on a day' }).locator('.explain-sums');
    const late =
      '. The report does not have all of them yet: 2 records of its day came late and wait until the day is computed again.';
    await expect.poll(() => sums.textContent()).toContain(late);
    expect(await sums.locator('.disagrees').count()).toBe(0);
    await looksRight(page, 'explain-late');
    waiting = 0;
    await page.reload();
    await expect
      .poll(() => sums.locator('.disagrees').textContent())
      .toMatch(/ The report says otherwise: run daybook verify\.$/);
  });
});

it('records of another page of a row, and of the quarantine, are on their way until they are there', async () => {
  await using own = await temporaryFolder();
  const started = await startDaybook(own.path);
  try {
    const refused = Array.from({ length: 30 }, (_, at) => `refused ${at}`);
    await post(started.url, [...lines.slice(0, 2_000), ...refused]);
    const row = encodeURIComponent(['daily_pu_rev', '2026-04-30'].join('\u001f'));
    for (const [address, list, next] of [
      [`/?explain=${row}`, '.explain-records', 'Next records'],
      ['/records?tab=quarantine', '.refused', 'Older entries'],
    ] as const) {
      await using watched = await openPage(browser, started.url, address);
      const { page } = watched;
      const held = Promise.withResolvers<void>();
      await page.getByRole('button', { name: next }).waitFor();
      const before = await page.locator(list).textContent();
      await page.route(/offset=(20|25)$/, async (route) => {
        await held.promise;
        await route.continue();
      });
      await page.getByRole('button', { name: next }).click();
      await expect.poll(() => page.locator(list).getAttribute('aria-busy')).toBe('true');
      expect(await page.locator(list).textContent()).toBe(before);
      held.resolve();
      await expect.poll(() => page.locator(list).getAttribute('aria-busy')).toBe('false');
      expect(await page.locator(list).textContent()).not.toBe(before);
    }
  } finally {
    await started.stop();
  }
});

describe('the focus and the way back', () => {
  const focused = (page: Page): Promise<string> =>
    page.evaluate(() => {
      const { ariaLabel, textContent } = document.activeElement ?? document.body;
      return ariaLabel ?? textContent ?? '';
    });

  it('are where the reader was: behind a panel, a filter and a page', async () => {
    await using watched = await openPage(browser, daybook.url);
    const { page } = watched;
    const panel = page.getByRole('dialog');
    await page.getByRole('button', { name: '7 days' }).click();
    await page.getByRole('button', { name: 'All days' }).click();
    const all = page.getByRole('button', { name: 'Explain all paying customers' });
    await all.press('Enter');
    await panel
      .getByRole('button', { name: /^Explain 2026-/ })
      .first()
      .press('Enter');
    await expect.poll(() => panel.getAttribute('aria-label')).toMatch(/^Explain: /);
    await page.keyboard.press('Escape');
    await expect.poll(() => panel.getAttribute('aria-label')).toMatch(/^Explain the sum: /);
    await page.keyboard.press('Escape');
    await expect.poll(() => focused(page)).toBe('Explain all paying customers');
    await all.press('Enter');
    await expect.poll(() => panel.count()).toBe(1);
    await page.goBack();
    await expect.poll(() => focused(page)).toBe('Explain all paying customers');
    // No way leads back into a panel, but to the range before.
    await page.goBack();
    await expect.poll(() => new URL(page.url()).search).toBe('?range=7d');
    expect(await panel.count()).toBe(0);

    await page.getByRole('link', { name: 'Records' }).press('Enter');
    await expect.poll(() => focused(page)).toBe('Records');
    await page.goBack();
    await expect.poll(() => focused(page)).toBe('Daily report');
    await page.goto(`${daybook.url}/?is.category=Furniture&is.sub_category=Chairs`);
    const chips = page.getByRole('button', { name: /^Remove the filter/ });
    await chips.first().press('Enter');
    await expect.poll(() => focused(page)).toMatch(/^Remove the filter/);
    await chips.first().press('Enter');
    await expect.poll(() => focused(page)).toBe('Daily report');
  });

  it('are in the search of records after it was made, which the way back takes back', async () => {
    await using watched = await openPage(browser, daybook.url, '/records');
    const { page } = watched;
    const offset = page.getByLabel('From offset');
    await offset.fill('100');
    await offset.press('Enter');
    await expect.poll(() => page.getByText('Offsets 100 to 149').count()).toBe(1);
    expect(await offset.evaluate((input) => document.activeElement === input)).toBe(true);
    await page.getByLabel('where').selectOption('country');
    const value = page.getByLabel('Value');
    await value.fill('United States');
    await value.press('Enter');
    await expect.poll(() => page.locator('.search-progress').textContent()).toContain('50 found');
    expect(await value.evaluate((input) => document.activeElement === input)).toBe(true);
    await page.goBack();
    await expect.poll(() => value.count()).toBe(0);
    await page.goBack();
    await expect.poll(() => offset.inputValue()).toBe('');
  });
});

describe('a page without sales', () => {
  it('has a sale that is of its own stream, and no command that makes others', async () => {
    await using own = await temporaryFolder();
    const started = await startDaybook(own.path, ['--no-generate', '--config', ONLINE_SHOP]);
    try {
      await using watched = await openPage(browser, started.url);
      const commands = watched.page.locator('.first-steps pre');
      await expect.poll(() => commands.count()).toBe(1);
      const sale = (await commands.textContent()) ?? '';
      const { answer } = await post(started.url, [/'(\{.*\})'$/s.exec(sale)?.[1]?.replaceAll('\n', ' ') ?? '']);
      expect(answer).toMatchObject({ accepted: 1, quarantined: [] });
      await expect.poll(() => dailyReport(watched.page).number('Customers')).toBe(1);
    } finally {
      await started.stop();
    }
  });

  it('has commands that the store takes, wherever the browser is', async () => {
    await using own = await temporaryFolder();
    const started = await startDaybook(own.path, ['--no-generate']);
    try {
      await using watched = await openPage(browser, started.url, '/', { timezoneId: 'Pacific/Kiritimati' });
      const commands = watched.page.locator('.first-steps pre');
      await expect.poll(() => commands.count()).toBe(2);
      const [sale = '', generate = ''] = await commands.allTextContents();
      const { answer } = await post(started.url, [/'(\{.*\})'$/s.exec(sale)?.[1]?.replaceAll('\n', ' ') ?? '']);
      expect(answer).toMatchObject({ accepted: 1 });
      await expect.poll(() => dailyReport(watched.page).number('Paying customers')).toBe(1);
      const { newestDay } = (await (await fetch(`${started.url}/api/v1/pipeline`)).json()) as { newestDay?: string };
      const day = /--from (\S+) --to \1 /.exec(generate)?.[1] ?? '';
      expect(day < (newestDay ?? '9999')).toBe(true);
    } finally {
      await started.stop();
    }
  });
});

describe('filters', () => {
  it('a tap on a trend is a click', async () => {
    await using watched = await openPage(browser, daybook.url, '/', PHONE);
    const trend = dailyReport(watched.page).tile('Revenue').getByRole('slider', { name: 'Revenue by day' });
    await trend.tap();
    await expect.poll(() => watched.page.locator('.chip').textContent()).toContain('Day:');
  });

  it('a category chosen in a table filters all that has it, says so where not, and is closed by its chip', async () => {
    await using watched = await openPage(browser, daybook.url);
    const { page } = watched;
    const report = dailyReport(page);
    await report.tile('Products by profit').getByRole('button', { name: 'Only Furniture' }).first().click();
    const furniture = products.filter(({ category }) => category === 'Furniture');
    await expect.poll(() => report.place('Products by profit')).toBe(`1–10 of ${COUNT.format(furniture.length)}`);
    await expect.poll(() => report.place('Products by quantity')).toBe(`1–10 of ${COUNT.format(furniture.length)}`);
    // Revenue is kept by category in another report, so it is exact; who bought is not.
    const newest = furniture.filter(({ ts_date: day }) => day === '2026-04-30');
    const revenue = newest.reduce((sum, row) => sum + microsOf(row['daily_rev']), 0n);
    await expect
      .poll(() => report.tile('Revenue').locator('.figure').textContent())
      .toBe(MONEY.format(Number(revenue) / 1e6));
    expect(await report.tile('Paying customers').textContent()).toContain(
      'Not filtered: no report has this by category',
    );
    await looksRight(page, 'filtered');
    await page.getByRole('button', { name: 'Remove the filter Category: Furniture' }).click();
    await expect.poll(() => report.place('Products by profit')).toBe(`1–10 of ${COUNT.format(products.length)}`);
  });

  it('a day chosen on a trend, and a place in the list, filter the rest', async () => {
    await using watched = await openPage(browser, daybook.url);
    const { page } = watched;
    const report = dailyReport(page);
    const trend = report.tile('Revenue').getByRole('slider', { name: 'Revenue by day' });
    await trend.focus();
    await trend.press('Home');
    await trend.press('Enter');
    const first = products.filter(({ ts_date: day }) => day === '2026-04-01');
    await expect.poll(() => report.place('Products by revenue')).toBe(`1–10 of ${COUNT.format(first.length)}`);
    await page.getByRole('button', { name: /^Remove the filter Day/ }).click();
    await report.tile('Customers on the map').getByRole('button', { name: 'List' }).click();
    const places = reports['daily_address'] ?? [];
    // Until they are there, the places of that day stand.
    const all = places.reduce((sum, row) => sum + Number(row['daily_pu']), 0);
    await expect.poll(() => report.mapTotal()).toBe(all);
    const place = report.tile('Customers on the map').locator('tbody tr').first();
    await place.getByRole('button').first().click();
    await expect.poll(() => page.locator('.chip').textContent()).toContain('Place:');
    const parameters = new URL(page.url()).searchParams;
    const own = places.filter(
      (row) =>
        Number(row['latitude']) === Number(parameters.get('is.latitude')) &&
        Number(row['longitude']) === Number(parameters.get('is.longitude')),
    );
    const newest = own.find(({ ts_date: day }) => day === '2026-04-30');
    await expect.poll(() => report.number('Paying customers')).toBe(Number(newest?.['daily_pu'] ?? 0));
    await expect.poll(() => report.mapTotal()).toBe(own.reduce((sum, row) => sum + Number(row['daily_pu']), 0));
  });
});

describe('totals of a range', () => {
  it('are exact, have a trend, and open into their days', async () => {
    await using watched = await openPage(browser, daybook.url, '/?from=2026-04-10&to=2026-04-20');
    const { page } = watched;
    const report = dailyReport(page);
    const tile = report.tile('Products by revenue');
    await tile.getByRole('button', { name: 'Total' }).click();
    const sums = new Map<string, bigint>();
    for (const row of products) {
      const { ts_date: day = '', category, sub_category: subCategory, product_name: product } = row;
      if (day < '2026-04-10' || day > '2026-04-20') continue;
      const key = JSON.stringify([category, subCategory, product]);
      sums.set(key, (sums.get(key) ?? 0n) + microsOf(row['daily_rev']));
    }
    const largest = [...sums].toSorted(([, a], [, b]) => (a < b ? 1 : -1)).slice(0, 10);
    await expect
      .poll(async () => (await report.rows('Products by revenue')).map((cells) => cells.at(-1)))
      .toEqual(largest.map(([, value]) => MONEY.format(Number(value) / 1e6)));
    expect(await report.place('Products by revenue')).toBe(`1–10 of ${COUNT.format(sums.size)}`);
    expect(await tile.locator('td .spark').count()).toBe(10);
    const [download] = await Promise.all([
      page.waitForEvent('download'),
      tile.getByRole('link', { name: 'Download Products by revenue as CSV' }).click(),
    ]);
    const text = await (await fetch(download.url())).text();
    expect(text.split('\r\n')).toHaveLength(sums.size + 2);
    // As a spreadsheet knows it for UTF-8.
    expect(download.url()).toContain('format=spreadsheet');
    await looksRight(page, 'totals');
    // A total opens the days that it is the sum of, and these the records that they are made of.
    await tile.locator('tbody tr').first().click();
    const [key, micros = 0n] = largest[0] ?? [];
    const days = products
      .filter((row) => JSON.stringify([row['category'], row['sub_category'], row['product_name']]) === key)
      .filter(({ ts_date: day = '' }) => day >= '2026-04-10' && day <= '2026-04-20')
      .map((row) => MONEY.format(Number(row['daily_rev'])));
    const panel = page.getByRole('dialog', { name: 'Explain the sum: What sold on a day' });
    await expect.poll(async () => (await valuesIn(panel)).toSorted()).toEqual(days.toSorted());
    expect(await panel.locator('.agrees data').getAttribute('value')).toBe(String(Number(micros) / 1e6));
    await looksRight(page, 'explain-sum');
    const first = await panel.locator('tbody td:last-child').first().textContent();
    await panel
      .getByRole('button', { name: /^Explain 2026-04-/ })
      .first()
      .click();
    const records = page.getByRole('dialog', { name: 'Explain: What sold on a day' });
    await expect.poll(() => records.locator('.agrees').textContent()).toContain(`revenue ${first}`);
    await page.keyboard.press('Escape');
    await expect.poll(() => panel.count()).toBe(1);
  });
});

describe('sums', () => {
  it('a place of the map, and all of them, open the days that give their number', async () => {
    await using watched = await openPage(browser, daybook.url, '/?map.as=list', { ...PHONE, colorScheme: 'dark' });
    const { page } = watched;
    const tile = dailyReport(page).tile('Customers on the map');
    const spot = tile.locator('tbody tr').first();
    const value = (await spot.locator('td.number').textContent()) ?? '';
    await spot.getByRole('button', { name: /^Explain/ }).click();
    const panel = page.getByRole('dialog', { name: /^Explain the sum/ });
    await expect.poll(() => panel.locator('.agrees data').getAttribute('value')).toBe(value);
    const counts = (await valuesIn(panel)).map(Number);
    expect(counts.reduce((sum, count) => sum + count, 0)).toBe(Number(value));
    await looksRight(page, 'explain-place-small-dark');
    await page.keyboard.press('Escape');
    await tile.getByRole('button', { name: 'Explain all paying customers' }).click();
    const total = (reports['daily_address'] ?? []).reduce((sum, row) => sum + Number(row['daily_pu']), 0);
    await expect.poll(() => panel.locator('.explain-figures dd').first().textContent()).toBe(COUNT.format(total));
  });

  it('a number that filters make of several rows opens these', async () => {
    await using watched = await openPage(browser, daybook.url, '/?is.category=Furniture');
    const { page } = watched;
    const tile = dailyReport(page).tile('Revenue');
    await tile.getByRole('button', { name: 'Explain Revenue' }).click();
    const panel = page.getByRole('dialog', { name: /^Explain the sum/ });
    const newest = products.filter(({ ts_date: day, category }) => day === '2026-04-30' && category === 'Furniture');
    const micros = newest.reduce((sum, row) => sum + microsOf(row['daily_rev']), 0n);
    await expect.poll(() => panel.locator('.agrees data').getAttribute('value')).toBe(String(Number(micros) / 1e6));
    expect(await valuesIn(panel)).toHaveLength(newest.length);
    // A row opens wherever it is clicked.
    await panel.locator('tbody td').first().click();
    await page.getByRole('dialog', { name: 'Explain: What sold on a day' }).locator('.agrees').waitFor();
  });
});

describe('the records page', () => {
  it('shows the newest records first, and leads to older ones and back', async () => {
    await using own = await temporaryFolder();
    const started = await startDaybook(own.path, ['--no-generate']);
    try {
      await post(started.url, lines.slice(0, 120));
      await using watched = await openPage(browser, started.url, '/records');
      const { page } = watched;
      const shown = (): Promise<readonly number[]> =>
        page
          .locator('.record-scroller tbody tr td:first-child')
          .evaluateAll((cells) => cells.map((cell) => Number(cell.textContent)));
      const down = (from: number, to: number): readonly number[] =>
        Array.from({ length: from - to + 1 }, (_, at) => from - at);
      await expect.poll(shown).toEqual(down(119, 70));
      const [newer, older] = [
        page.getByRole('button', { name: 'Newer records' }),
        page.getByRole('button', { name: 'Older records' }),
      ];
      expect(await newer.isEnabled()).toBe(false);
      await older.press('Enter');
      await expect.poll(shown).toEqual(down(69, 20));
      expect(await page.evaluate(() => document.activeElement?.getAttribute('aria-label'))).toBe('Older records');
      await older.press('Enter');
      await expect.poll(shown).toEqual(down(19, 0));
      expect(await older.isEnabled()).toBe(false);
      await page.reload();
      await expect.poll(shown).toEqual(down(19, 0));
      await newer.press('Enter');
      await expect.poll(shown).toEqual(down(69, 20));
      await post(started.url, lines.slice(120, 130));
      await page.locator('.topics tbody td:last-child', { hasText: '130' }).waitFor();
      await newer.press('Enter');
      await expect.poll(shown).toEqual(down(119, 70));
      await newer.press('Enter');
      await expect.poll(shown).toEqual(down(129, 80));
      await page.goBack();
      await expect.poll(shown).toEqual(down(119, 70));
      // Who says where to begin reads on from there.
      await page.getByLabel('From offset').fill('100');
      await page.getByRole('button', { name: 'Show' }).click();
      await expect.poll(shown).toEqual(down(129, 100).toReversed());
    } finally {
      await started.stop();
    }
  });

  it('has the names of numbers over their figures, however a record has them', async () => {
    await using watched = await openPage(browser, daybook.url, '/records');
    const { page } = watched;
    const sides = (table: Locator): Promise<readonly string[]> =>
      table.evaluate((element) => {
        const cells = (row: Element): readonly string[] =>
          Array.from(row.children, (cell) => getComputedStyle(cell).textAlign);
        const [head = [], ...rows] = Array.from(element.querySelectorAll('tr'), cells);
        const names = Array.from(element.querySelectorAll('th'), (cell) => cell.textContent ?? '');
        return names.map((name, at) => [name, ...new Set([head[at], ...rows.map((row) => row[at])])].join(' '));
      });
    const wanted = ['Ts start', 'City start', 'Price end', 'Quantity end', 'Discount end', 'Longitude end'];
    const records = page.getByRole('group', { name: 'Records', exact: true });
    await records.locator('tbody tr').first().waitFor();
    expect(await sides(records.locator('table'))).toEqual(expect.arrayContaining(wanted));
    await page.goto(`${daybook.url}/`);
    await dailyReport(page).tile('Products by revenue').locator('tbody tr').first().click();
    const panel = page.getByRole('dialog').locator('.explain-records table');
    await panel.waitFor();
    expect(await sides(panel)).toEqual(expect.arrayContaining(wanted));
  });

  it.each([
    ['light', 'light'],
    ['dark', 'dark'],
  ] as const)(
    'has a shadow over the edge at which a table goes on, also over its head: %s',
    async (name, colorScheme) => {
      await using watched = await openPage(browser, daybook.url, '/records', { colorScheme });
      const { page } = watched;
      const room = page.getByRole('group', { name: 'Records', exact: true });
      await room.locator('tbody tr').first().waitFor();
      const shades = async (): Promise<readonly number[]> => {
        const box = await room.boundingBox();
        const head = await room.locator('th').first().boundingBox();
        if (box === null || head === null) throw new Error('There is no table.');
        // Below the names, where there is nothing but ground.
        const y = head.y + head.height - 4;
        const at = (x: number): Promise<number> => brightness(page, x, y);
        const [middle, before, behind] = [
          await at(box.x + box.width / 2),
          await at(box.x + 2),
          await at(box.x + box.width - 3),
        ];
        return [before, behind].map((edge) => edge / middle);
      };
      const [before = 0, behind = 1] = await shades();
      expect(before, 'nothing is before the first column').toBe(1);
      expect(behind).toBeLessThan(0.85);
      await page.screenshot({ path: join(SCREENSHOTS, `records-edge-${name}.png`) });
      await room.evaluate((element) => element.scrollTo(element.scrollWidth, 200));
      await expect.poll(async () => (await shades())[1]).toBe(1);
      expect((await shades())[0]).toBeLessThan(0.85);
    },
  );

  it('says why its topics cannot be read, for as long as they cannot', async () => {
    await using watched = await openPage(browser, daybook.url, '/pipeline');
    const { page } = watched;
    watched.expectStatus(503);
    let asked = 0;
    await page.route('**/api/v1/topics', (route) => {
      asked++;
      return route.fulfill({
        status: 503,
        contentType: 'application/problem+json',
        json: { detail: 'Kafka is away.' },
      });
    });
    await page.goto(`${daybook.url}/records`);
    const trouble = page.getByText('This could not be read: Kafka is away.');
    await trouble.waitFor();
    // They are asked for again, and meanwhile it is known as little as before.
    const before = asked;
    await expect.poll(() => asked).toBeGreaterThan(before + 1);
    expect(await trouble.count()).toBe(1);
    await page.unroute('**/api/v1/topics');
    await expect.poll(() => page.locator('.topics tbody tr').count()).toBe(1);
    expect(await trouble.count()).toBe(0);
  });

  it('on a phone has what fields are called beside them', async () => {
    await using watched = await openPage(browser, daybook.url, '/records', PHONE);
    const { page } = watched;
    await page.locator('.record-scroller').waitFor();
    for (const name of ['From offset', 'or time', 'where']) {
      const [label, field] = await Promise.all([
        page.locator('.record-search label', { hasText: name }).boundingBox(),
        page.getByLabel(name).boundingBox(),
      ]);
      expect(label?.y).toBeGreaterThan(field?.y ?? NaN);
      expect((label?.y ?? NaN) + (label?.height ?? NaN)).toBeLessThan((field?.y ?? NaN) + (field?.height ?? NaN));
    }
    await looksRight(page, 'records-small');
  });

  it('shows records by offset and by time, each with the rows that it is in', async () => {
    await using watched = await openPage(browser, daybook.url, '/records?offset=100');
    const { page } = watched;
    const firstOffset = page.locator('.record-scroller tbody tr td:first-child').first();
    await expect.poll(() => firstOffset.textContent()).toBe('100');
    await expect
      .poll(() => page.locator('.topics tbody tr').allTextContents())
      .toEqual([expect.stringContaining(`daily_records${COUNT.format(lines.length)}`)]);
    await page.getByLabel('or time').fill('2026-04-15 12:00:00');
    await page.getByRole('button', { name: 'Show' }).click();
    const later = lines.findIndex((line) => readSale(line).ts.slice(0, 19).replace('T', ' ') >= '2026-04-15 12:00:00');
    await expect.poll(() => firstOffset.textContent()).toBe(COUNT.format(later));
    await page.getByRole('button', { name: 'Newer records' }).click();
    await looksRight(page, 'records');
    await page.locator('.record-scroller tbody tr').first().click();
    const panel = page.getByRole('dialog');
    await expect.poll(() => panel.getByRole('button', { name: 'Explain' }).count()).toBe(3);
    expect(JSON.parse((await panel.locator('.record-json').textContent()) ?? '')).toMatchObject({
      country: 'United States',
    });
    await looksRight(page, 'record');
    await panel.getByRole('button', { name: 'Explain' }).first().click();
    await expect.poll(() => page.locator('dialog .agrees').count()).toBe(1);
  });

  it('finds what a field holds over the whole log, and says how far it looked', async () => {
    await using watched = await openPage(browser, daybook.url, '/records');
    const { page } = watched;
    await page.getByLabel('where').selectOption('product_name');
    await page.getByLabel('Value').fill('étagère');
    await page.getByRole('button', { name: 'Search' }).click();
    const found = lines.flatMap((line, offset) =>
      readSale(line).product_name.toLowerCase().includes('étagère') ? [COUNT.format(offset)] : [],
    );
    const newest = found.toReversed();
    const offsets = page.locator('.record-scroller tbody tr td:first-child');
    await expect.poll(() => offsets.allTextContents()).toEqual(newest.slice(0, 50));
    const older = page.getByRole('button', { name: 'Older records' });
    for (let at = 50; at < newest.length; at += 50) {
      await older.press('Enter');
      await expect.poll(() => offsets.allTextContents()).toEqual(newest.slice(at, at + 50));
    }
    expect(await older.isEnabled()).toBe(false);
    await page.getByLabel('Value').fill('no such thing anywhere');
    await page.getByRole('button', { name: 'Search' }).click();
    await expect
      .poll(() => page.locator('.notice').textContent())
      .toBe(`None of ${COUNT.format(lines.length)} records is like that.`);
    await looksRight(page, 'records-search');
  });

  it('says of a search that was ended early how many records were looked at', async () => {
    await using watched = await openPage(browser, daybook.url, '/records');
    const { page } = watched;
    const begun =
      'retry: 100000\nevent: chunk\ndata: {"records":[],"scanned":20,"of":100,"nextOffset":null,"nextBefore":"42,38"}\n\n';
    await page.route('**/records?stream=true*field=*', (route) =>
      route.fulfill({ contentType: 'text/event-stream', body: begun }),
    );
    await page.goto(`${daybook.url}/records?field=country&value=Nowhere`);
    await page.getByText('0 found in 20 of 100 records').waitFor();
    await page.getByRole('button', { name: 'Cancel' }).click();
    await expect.poll(() => page.locator('.notice').textContent()).toBe('None of 20 records is like that.');
    const older = page.getByRole('button', { name: 'Older records' });
    expect(await older.isEnabled()).toBe(true);
    const asked = page.waitForRequest(/records\?stream=true/);
    await older.press('Enter');
    // As the server said it, of each partition.
    expect(new URL((await asked).url()).searchParams.get('before')).toBe('42,38');
    await page.getByText('0 found in 20 of 100 older records').waitFor();
  });

  it('goes on in each partition where a search from an offset on has come to', async () => {
    await using watched = await openPage(browser, daybook.url, '/records');
    const { page } = watched;
    const found =
      'event: chunk\ndata: {"records":[],"scanned":20,"of":100,"nextOffset":12,"nextOffsets":"42,12"}\n\nevent: end\ndata: {}\n\n';
    await page.route('**/records?stream=true*field=*', (route) =>
      route.fulfill({ contentType: 'text/event-stream', body: found }),
    );
    await page.goto(`${daybook.url}/records?field=country&value=Nowhere&offset=7`);
    const further = page.getByRole('button', { name: 'Look further' });
    const asked = page.waitForRequest(/offset=42/);
    await further.press('Enter');
    expect(new URL((await asked).url()).searchParams.get('offset')).toBe('42,12');
    expect(new URL(page.url()).searchParams.get('offset')).toBe('42,12');
    expect(await page.getByLabel('From offset').inputValue()).toBe('');
    await page.getByRole('button', { name: 'Search' }).click();
    await expect.poll(() => new URL(page.url()).searchParams.has('offset')).toBe(false);
  });

  it('shows each record once, also when a search is begun anew behind a connection that broke', async () => {
    await using watched = await openPage(browser, daybook.url, '/records');
    const { page } = watched;
    let asked = 0;
    await page.route('**/records?stream=true*field=*', async (route) => {
      asked++;
      const whole = await (await route.fetch()).text();
      // It breaks behind the first records, and the browser asks again by itself.
      const told = asked === 1 ? `retry: 1\n${whole.slice(0, whole.indexOf('\n\n') + 2)}` : whole;
      await route.fulfill({ contentType: 'text/event-stream', body: told });
    });
    await page.getByLabel('where').selectOption('product_name');
    await page.getByLabel('Value').fill('étagère');
    await page.getByRole('button', { name: 'Search' }).click();
    await expect.poll(() => page.getByText('records looked at').count()).toBe(1);
    expect(asked).toBe(2);
    const offsets = await page.locator('.record-scroller tbody tr td:first-child').allTextContents();
    expect(offsets.length).toBeGreaterThan(0);
    expect(offsets).toEqual([...new Set(offsets)]);
  });

  it('reaches what came since it was opened, and looks anew when it is asked again', async () => {
    await using own = await temporaryFolder();
    const started = await startDaybook(own.path, ['--no-generate']);
    try {
      await post(started.url, lines.slice(0, 60));
      await using watched = await openPage(browser, started.url, '/records?offset=50');
      const { page } = watched;
      const shown = page.locator('.record-scroller tbody tr td:first-child');
      await expect.poll(() => shown.count()).toBe(10);
      const newer = page.getByRole('button', { name: 'Newer records' });
      expect(await newer.isEnabled()).toBe(false);
      await post(started.url, lines.slice(60, 100));
      await expect.poll(() => newer.isEnabled()).toBe(true);
      await newer.press('Enter');
      await expect.poll(() => shown.first().textContent()).toBe('60');
      expect(await page.evaluate(() => document.activeElement?.getAttribute('aria-label'))).toBe('Newer records');
      await page.getByLabel('where').selectOption('country');
      await page.getByLabel('Value').fill('United States');
      const search = page.getByRole('button', { name: 'Search' });
      await page.getByLabel('From offset').fill('0');
      await search.click();
      await expect.poll(() => page.locator('.search-progress').textContent()).toContain('of 100 records');
      await post(started.url, lines.slice(100, 110));
      await search.click();
      await expect.poll(() => page.locator('.search-progress').textContent()).toContain('of 110 records');
      await page.goto(`${started.url}/records?topic=nope`);
      await expect.poll(() => page.locator('.notice').textContent()).toContain('There is no topic nope');
    } finally {
      await started.stop();
    }
  });

  it('keeps what is being put right, and its last page is the last', async () => {
    await using own = await temporaryFolder();
    const started = await startDaybook(own.path, ['--no-generate']);
    try {
      const refused = (count: number, word: string): readonly string[] =>
        Array.from({ length: count }, (_, at) => `${word} ${at}`);
      await post(started.url, refused(1, 'first'));
      await using watched = await openPage(browser, started.url, '/records?tab=quarantine&open=true');
      const { page } = watched;
      await page.getByRole('button', { name: 'Put it right' }).click();
      const field = page.getByLabel('The record, in JSON');
      await field.fill(lines[0] ?? '');
      await post(started.url, refused(25, 'later'));
      await expect.poll(() => page.locator('.refused > li').count()).toBe(21);
      expect(await field.inputValue()).toBe(lines[0]);
      await page.getByRole('button', { name: 'Send it again' }).press('Enter');
      await expect.poll(() => page.locator('.correction').textContent()).toContain('Accepted at offset 0');
      await expect.poll(() => page.getByRole('button', { name: 'To put right 25' }).count()).toBe(1);
      expect(await page.locator('.refused > li').count()).toBe(21);
      await page.getByRole('button', { name: 'Close' }).press('Enter');
      await expect.poll(() => page.locator('.refused > li').count()).toBe(20);
      await page.goto(`${started.url}/records?tab=quarantine&open=true&page=99`);
      await expect.poll(() => page.locator('.refused > li').count()).toBe(5);
      expect(await page.locator('.notice').count()).toBe(0);
    } finally {
      await started.stop();
    }
  });

  it('follows what comes, and counts what it did not show', async () => {
    await using own = await temporaryFolder();
    const started = await startDaybook(own.path);
    try {
      await using watched = await openPage(browser, started.url, '/records');
      const { page } = watched;
      // The server is slow to follow: until it does, nobody is told that nothing has come.
      const answered = Promise.withResolvers<void>();
      await page.route(/\/topics\/\w+\/records\?follow=true$/, async (route) => {
        await answered.promise;
        await route.continue();
      });
      const status = page.locator('.records-tile .search-progress').getByRole('status');
      await page.goto(`${started.url}/records?follow=true`);
      await expect.poll(() => status.textContent()).toContain('Connecting');
      expect(await page.getByText('Nothing has come yet').count()).toBe(0);
      answered.resolve();
      await expect.poll(() => page.getByText('Nothing has come yet').count()).toBe(1);
      expect(await status.textContent()).toBe('Following');
      await post(started.url, lines.slice(0, 10));
      const rows = page.locator('.record-scroller tbody tr');
      await expect.poll(() => rows.count()).toBe(10);
      await post(started.url, lines.slice(10, 500));
      await expect.poll(() => rows.count()).toBe(60);
      await expect.poll(() => page.locator('.search-progress').textContent()).toContain('440 skipped');
      await page
        .getByRole('region', { name: /^Records of/ })
        .getByRole('button', { name: 'Pause' })
        .click();
      await post(started.url, lines.slice(500, 520));
      await expect.poll(() => page.locator('.search-progress').textContent()).toContain('20 while paused');
      expect(await rows.count()).toBe(60);
    } finally {
      await started.stop();
    }
  });

  it('keeps what is being put right also where the quarantine cannot be read', async () => {
    await using own = await temporaryFolder();
    const started = await startDaybook(own.path);
    try {
      await post(started.url, ['refused']);
      await using watched = await openPage(browser, started.url, '/records?tab=quarantine');
      const { page } = watched;
      await page.getByRole('button', { name: 'Put it right' }).click();
      const field = page.getByLabel('The record, in JSON');
      await field.fill('{"half":"written"}');
      watched.expectStatus(404);
      await page.route('**/api/v1/quarantine*', (route) =>
        route.fulfill({ status: 404, contentType: 'application/problem+json', json: { detail: 'It is away.' } }),
      );
      await page.getByRole('button', { name: 'To put right 1' }).click();
      await page.getByText('This could not be read: It is away.').waitFor();
      expect(await field.inputValue()).toBe('{"half":"written"}');
    } finally {
      await started.stop();
    }
  });

  it.each([
    ['offsets', ', 7 while'],
    // There, ends of transactions have offsets too.
    ['moments', ', at most 7 while'],
  ])('says how many came while it was not connected: frames are %s', async (frames, said) => {
    await using own = await temporaryFolder();
    const started = await startDaybook(own.path);
    try {
      await using watched = await openPage(browser, started.url, '/records');
      const { page } = watched;
      await page.route('**/api/v1/reports', async (route) => {
        const definition = (await (await route.fetch()).json()) as object;
        await route.fulfill({ json: { ...definition, frames } });
      });
      await page.reload();
      const sent = Promise.withResolvers<void>();
      let asked = 0;
      await page.route(/\/topics\/\w+\/records\?follow=true$/, async (route) => {
        asked++;
        // It breaks behind its beginning, and the browser connects again by itself.
        const begun = 'retry: 1\nevent: tail\ndata: {"records":[],"skipped":0,"nextOffset":0}\n\n';
        if (asked === 1) return route.fulfill({ contentType: 'text/event-stream', body: begun });
        await sent.promise;
        return route.continue();
      });
      await page.getByRole('button', { name: 'Follow' }).click();
      await expect.poll(() => asked).toBe(2);
      const progress = page.locator('.search-progress');
      await expect.poll(() => progress.getByRole('status').textContent()).toContain('Connecting');
      await post(started.url, lines.slice(0, 7));
      sent.resolve();
      await expect.poll(() => progress.textContent()).toContain(`${said} not connected`);
      expect(await progress.getByRole('status').textContent()).toBe('Following');
      await post(started.url, lines.slice(7, 9));
      await expect.poll(() => page.locator('.record-scroller tbody tr').count()).toBe(2);
      expect(await progress.textContent()).toContain(`${said} not connected`);
    } finally {
      await started.stop();
    }
  });

  it('says of a record that there is not what the server says, and nothing of a server that is away', async () => {
    await using watched = await openPage(browser, daybook.url, '/records?offset=0');
    const { page } = watched;
    watched.expectStatus(404);
    await page.goto(`${daybook.url}/records?record=99999999`);
    const panel = page.getByRole('dialog');
    await panel.getByRole('alert').waitFor();
    expect(await panel.getByRole('alert').textContent()).toContain('There is no record at offset 99999999');
    expect(await panel.textContent()).not.toContain('still running');
  });

  it('puts a refused record back once it is right, and lists repeats with where they came from', async () => {
    await using watched = await openPage(browser, daybook.url, '/records?tab=quarantine');
    const { page } = watched;
    await expect.poll(() => page.locator('.refused > li').count()).toBe(2);
    await looksRight(page, 'quarantine');
    const entry = page.locator('.refused > li', { hasText: 'MISSING_FIELD' });
    await entry.getByRole('button', { name: 'Put it right' }).click();
    await entry.getByRole('button', { name: 'Send it again' }).click();
    await expect.poll(() => entry.getByRole('alert').textContent()).toContain('Still not right');
    const right = {
      ...(JSON.parse(lines[0] ?? '') as object),
      ...(JSON.parse(WRONG) as object),
      ts_date: '2026-04-30',
    };
    await entry.getByLabel('The record, in JSON').fill(JSON.stringify(right));
    await entry.getByRole('button', { name: 'Send it again' }).click();
    await expect
      .poll(() => entry.getByRole('status').textContent())
      .toContain(`Accepted at offset ${COUNT.format(lines.length)}`);
    // It is marked for whoever comes next, and no longer among those that are to be put right.
    await page.reload();
    await expect.poll(() => entry.locator('.agrees').textContent()).toContain(`offset ${COUNT.format(lines.length)}`);
    expect(await entry.getByRole('button', { name: 'Put it right' }).count()).toBe(0);
    await looksRight(page, 'quarantine-put-right');
    await page.getByRole('button', { name: 'To put right 1' }).click();
    await expect.poll(() => page.locator('.refused > li').count()).toBe(1);
    expect(await entry.count()).toBe(0);
    await using small = await openPage(browser, daybook.url, '/records?tab=quarantine', {
      ...PHONE,
      colorScheme: 'dark',
    });
    await expect.poll(() => small.page.locator('.refused > li').count()).toBe(2);
    await looksRight(small.page, 'quarantine-small-dark');
    await page.getByRole('button', { name: /^Duplicates/ }).click();
    await expect.poll(() => page.locator('.refused > li').count()).toBe(1);
    await page.getByRole('button', { name: 'Find the one that counts' }).click();
    await expect.poll(() => page.locator('.record-scroller tbody tr td:first-child').allTextContents()).toEqual(['10']);
  });

  it('shows a refused row of a table as it stands in its file, and puts right the record that was made of it', async () => {
    const sale = { ...(JSON.parse(lines[1] ?? '') as object), ts_id: '00000000-0000-4000-8000-0000000000aa' };
    const row = 'a row,with a further cell,much';
    const why = { line: 4, code: 'WRONG_TYPE', field: 'price', reason: 'the price is no number' };
    const converted = JSON.stringify({ ...sale, price: 'much' });
    const head = { origin: 'sales.csv', firstLine: 1, unreadable: [{ ...why, bytes: row.length, converted }] };
    await fetch(`${daybook.url}/api/v1/records`, {
      method: 'POST',
      headers: { 'content-type': 'application/vnd.daybook.intake' },
      body: `${JSON.stringify(head)}\n${row}`,
    });
    await using watched = await openPage(browser, daybook.url, '/records?tab=quarantine');
    const entry = watched.page.locator('.refused > li', { hasText: why.reason });
    await expect.poll(() => entry.locator('pre').textContent()).toBe(row);
    await entry.getByRole('button', { name: 'Put it right' }).click();
    expect(await entry.locator('pre').textContent()).toBe(row);
    const field = entry.getByLabel('The record, in JSON');
    expect(await field.inputValue()).toBe(converted);
    await field.fill(JSON.stringify(sale));
    await entry.getByRole('button', { name: 'Send it again' }).click();
    await expect.poll(() => entry.getByRole('status').textContent()).toContain('Accepted');
  });

  it('shows what somebody else puts right, also while nothing else is refused', async () => {
    const sale = { ...(JSON.parse(lines[5] ?? '') as object), ts_id: '00000000-0000-4000-8000-0000000000ee' };
    await post(daybook.url, ['put right elsewhere']);
    await using watched = await openPage(browser, daybook.url, '/records?tab=quarantine');
    const entry = watched.page.locator('.refused > li', { hasText: 'put right elsewhere' });
    await entry.waitFor();
    const listed = await fetch(`${daybook.url}/api/v1/quarantine?limit=1`);
    const [newest] = ((await listed.json()) as QuarantineAnswer).entries;
    const elsewhere = await fetch(`${daybook.url}/api/v1/records?corrects=${newest?.id}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(sale),
    });
    expect(await elsewhere.json()).toMatchObject({ accepted: 1 });
    await expect.poll(() => entry.locator('.agrees').count()).toBe(1);
    expect(await entry.getByRole('button', { name: 'Put it right' }).count()).toBe(0);
  });

  it('says of an entry that somebody else put right meanwhile that another record was not counted', async () => {
    const sale = { ...(JSON.parse(lines[2] ?? '') as object), ts_id: '00000000-0000-4000-8000-0000000000bb' };
    await post(daybook.url, ['put right twice']);
    const listed = await fetch(`${daybook.url}/api/v1/quarantine?limit=1`);
    const [newest] = ((await listed.json()) as QuarantineAnswer).entries;
    await using watched = await openPage(browser, daybook.url, '/records?tab=quarantine');
    const entry = watched.page.locator('.refused > li').first();
    await expect.poll(() => entry.locator('pre').textContent()).toBe('put right twice');
    await entry.getByRole('button', { name: 'Put it right' }).click();
    const elsewhere = await fetch(`${daybook.url}/api/v1/records?corrects=${newest?.id}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(sale),
    });
    expect(await elsewhere.json()).toMatchObject({ accepted: 1 });
    const other = { ...sale, ts_id: '00000000-0000-4000-8000-0000000000cc' };
    watched.expectStatus(409);
    await entry.getByLabel('The record, in JSON').fill(JSON.stringify(other));
    await entry.getByRole('button', { name: 'Send it again' }).click();
    await expect.poll(() => entry.getByRole('alert').textContent()).toContain('nothing was counted');
    await expect.poll(() => entry.locator('.agrees').textContent()).toContain('Put right');
    await looksRight(watched.page, 'quarantine-put-right-elsewhere');
  });

  it('says of a correction that has the key of another sale that nothing was counted, and leaves its entry', async () => {
    const counted = JSON.parse(lines[6] ?? '') as { readonly ts_id: string };
    await post(daybook.url, ['the key of another']);
    await using watched = await openPage(browser, daybook.url, '/records?tab=quarantine&open=true');
    const { page } = watched;
    const entry = page.locator('.refused > li').first();
    await expect.poll(() => entry.locator('pre').textContent()).toBe('the key of another');
    await entry.getByRole('button', { name: 'Put it right' }).click();
    watched.expectStatus(409);
    await entry.getByLabel('The record, in JSON').fill(JSON.stringify({ ...counted, city: 'Elsewhere' }));
    await entry.getByRole('button', { name: 'Send it again' }).click();
    await expect
      .poll(() => entry.getByRole('alert').textContent())
      .toMatch(
        /^A record with the ts_id '.*' is counted already, .* 'city'\. Nothing was counted, and entry \d+ .* open\./,
      );
    await page.reload();
    await expect.poll(() => entry.locator('pre').textContent()).toBe('the key of another');
    expect(await entry.getByText('Sent again').count()).toBe(0);
  });

  it('shows the start of a long refused record, and puts it right once all of it is there', async () => {
    const sale = { ...(JSON.parse(lines[3] ?? '') as object), ts_id: '00000000-0000-4000-8000-0000000000dd' };
    const long = JSON.stringify({ ...sale, price: 'much', note: 'long '.repeat(5_000) });
    await post(daybook.url, [long]);
    await using watched = await openPage(browser, daybook.url, '/records?tab=quarantine');
    const entry = watched.page.locator('.refused > li').first();
    const start = Buffer.from(long).subarray(0, 1024).toString();
    await expect.poll(() => entry.locator('pre').textContent()).toBe(start);
    await expect.poll(() => entry.textContent()).toContain('Not all of it is shown: the record has 25.');
    const putRight = entry.getByRole('button', { name: 'Put it right' });
    expect(await putRight.count()).toBe(0);
    await looksRight(watched.page, 'quarantine-long');
    await entry.getByRole('button', { name: 'Show all of it' }).click();
    await expect.poll(() => entry.locator('pre').textContent()).toBe(long);
    await putRight.click();
    const field = entry.getByLabel('The record, in JSON');
    expect(await field.inputValue()).toBe(long);
    await field.fill(JSON.stringify(sale));
    await entry.getByRole('button', { name: 'Send it again' }).click();
    await expect.poll(() => entry.getByRole('status').textContent()).toContain('Accepted');
  });
});

describe('the pipeline page', () => {
  it('says what changed in closed days, and that nothing did, only once it is known', async () => {
    await using watched = await openPage(browser, daybook.url, '/records');
    const { page } = watched;
    const [framed, listed] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    await page.route('**/api/v1/frames*', async (route) => {
      await framed.promise;
      await route.continue();
    });
    await page.route('**/api/v1/amendments*', async (route) => {
      await listed.promise;
      await route.continue();
    });
    await page.goto(`${daybook.url}/pipeline`);
    const amendments = page.getByRole('region', { name: 'Amendments' });
    await amendments.getByText('Reading the amendments').waitFor();
    expect(await amendments.textContent()).not.toContain('No closed day');
    framed.resolve();
    await amendments.getByRole('heading', { name: /^\d[\d,]* amendments$/ }).waitFor();
    expect(await amendments.textContent()).toContain('Reading the amendments');
    expect(await amendments.textContent()).not.toContain('No closed day');
    listed.resolve();
    await expect.poll(() => amendments.getByRole('listitem').count()).toBeGreaterThan(0);
    expect(await amendments.textContent()).not.toContain('Reading');
  });

  it('lists few of many changes of closed days, and more when asked', async () => {
    await using watched = await openPage(browser, daybook.url, '/pipeline', PHONE);
    const amendments = watched.page.getByRole('region', { name: 'Amendments' });
    const count = (): Promise<number> => amendments.getByRole('listitem').count();
    await expect.poll(count).toBe(10);
    const total = Number((await amendments.getByRole('heading').textContent())?.replaceAll(/\D/g, ''));
    const listed = Math.min(total, 100);
    await amendments.getByRole('button', { name: `Show ${listed - 10} more` }).press('Enter');
    expect(await count()).toBe(listed);
    await amendments.getByRole('button', { name: 'Show the newest 10', expanded: true }).press('Enter');
    expect(await count()).toBe(10);
  });

  it('says why what its parts are doing cannot be read', async () => {
    await using watched = await openPage(browser, daybook.url, '/records');
    const { page } = watched;
    watched.expectStatus(404);
    await page.route('**/api/v1/pipeline/details', (route) =>
      route.fulfill({ status: 404, contentType: 'application/problem+json', json: { detail: 'Nothing is noted.' } }),
    );
    await page.goto(`${daybook.url}/pipeline`);
    await page.getByText('This could not be read: Nothing is noted.').waitFor();
    await page.unroute('**/api/v1/pipeline/details');
    await page.getByRole('region', { name: 'Parts' }).waitFor();
  });

  it.each([
    ['pipeline', {}],
    ['pipeline-dark', { colorScheme: 'dark' }],
    ['pipeline-small', PHONE],
  ] as const)('says how fast, how fresh and what is kept: %s', async (name, options) => {
    await using watched = await openPage(browser, daybook.url, '/pipeline', options);
    const { page } = watched;
    await expect
      .poll(() => page.getByRole('region', { name: 'Segments of the log' }).locator('tbody tr').count())
      .toBe(1);
    expect(await page.getByRole('region', { name: 'Parts' }).locator('li').count()).toBe(8);
    await expect.poll(() => page.locator('.amendment').count()).toBeGreaterThan(0);
    await page.getByRole('group', { name: 'Checkpoints, rows' }).or(page.getByText('No checkpoint yet')).waitFor();
    const beside = await page
      .locator('.list-scroller')
      .evaluateAll((all) => all.map((each) => each.scrollWidth - each.clientWidth));
    expect(Math.max(...beside), 'columns out of view').toBe(0);
    // A segment's name stands on one line.
    const segment = page.getByRole('region', { name: 'Segments of the log' }).locator('tbody td').first();
    const lineCount = await segment.evaluate((cell) => {
      const text = document.createRange();
      text.selectNodeContents(cell);
      return new Set(
        Array.from(text.getClientRects())
          .filter(({ height }) => height > 0)
          .map(({ bottom }) => Math.round(bottom)),
      ).size;
    });
    expect(await segment.textContent()).toMatch(/^\d{20}\.seg$/);
    expect(lineCount).toBe(1);
    expect(await segment.locator('.leading-zeros').textContent(), 'the number itself is left').toBe('0'.repeat(19));
    await looksRight(page, name);
  });
});
