import { copyFile, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { daybook } from '../../daybook.config.ts';
import { postgresSql } from '../../src/compile/postgres/postgres.ts';
import { makePlan } from '../../src/plan/normalise.ts';
import { launchChromium } from '../browser/chromium.ts';
import { everyMeasure } from '../definitions/every-measure.ts';
import { runDaybook, temporaryFolder } from '../process/daybook-process.ts';
import type { Servers } from '../stack/servers.ts';
import { startServers } from '../stack/servers.ts';
import type { ChartQuery, DashboardPage } from './dashboard-page.ts';
import { openDashboard } from './dashboard-page.ts';
import { asUser, fillTables, makeTables, READER, withClient } from './filled-postgres.ts';
import type { SupersetApi } from './superset-api.ts';
import { supersetApi } from './superset-api.ts';
import type { SupersetProcess } from './superset-process.ts';
import { startSuperset } from './superset-process.ts';

const SCREENSHOTS = join(import.meta.dirname, 'screenshots');
const IMAGES = resolve(import.meta.dirname, '../../docs/images');
const DAYS = ['--from', '2026-10-01', '--to', '2026-10-30', '--per-day', '400', '--seed', '7'];
const NEWEST = '2026-10-30';
const FILTERED = { from: '2026-10-05', dayAfterLast: '2026-10-12', newest: '2026-10-11' };
const ALL_ROWS = 100_000;
/** The dots' colour where they lie on each other. */
const DOTS = [31, 102, 168] as const;

/** Two rows of one order and one of another: guests, takings and beds add up, extremes are kept, a mean of means is none. */
const EVERY_MEASURE_ROWS = `INSERT INTO daily_report.every_measure VALUES
  ('2026-03-01', 'a', 'Ann', '2026-02-01', 1, 2.5, 1.5, 2, 30, 3, 1, 1, 10, 1, -0.5, 20, 3.5, 15, 1.5, 10, 0.5, 10, 7),
  ('2026-03-02', 'a', NULL, '2026-02-01', 2, NULL, 1.5, 3, 50, 4, 0, 1, 5, 2, 0.5, 25, 2.5, 16.666667, 1.333333, 12.5, 0, 2.5, 7),
  ('2026-03-02', 'b', 'Bo', '2026-02-01', 1, 2.5, 1.5, 1, 8, 0, 1, 1, 8, 0, 4, 8, 4, 8, 0, NULL, 1, NULL, 7)`;
const EVERY_MEASURE_BY_ORDER = [
  {
    records: 5,
    takings: 80,
    beds: 7,
    guests: 1,
    days: 2,
    low: 5,
    least: 1,
    bottom: -0.5,
    high: 25,
    top: 3.5,
    mean: null,
    mean_rooms: null,
    a_bed: 80 / 7,
    a_guest: 0.2,
    spread: 5,
  },
  {
    records: 1,
    takings: 8,
    beds: 0,
    guests: 1,
    days: 1,
    low: 8,
    least: 0,
    bottom: 4,
    high: 8,
    top: 4,
    mean: 8,
    mean_rooms: 0,
    a_bed: null,
    a_guest: 1,
    spread: null,
  },
];

type Row = Readonly<Record<string, string | number | null>>;
type Reports = Readonly<Record<'daily_pu_rev' | 'daily_category_product' | 'daily_address', readonly Row[]>>;

const plan = makePlan(daybook);
let folder: Awaited<ReturnType<typeof temporaryFolder>>;
let servers: Servers<'postgres'>;
let superset: SupersetProcess;
let api: SupersetApi;
let browser: Browser;
let readerPassword: string;
let reports: Reports;

beforeAll(async () => {
  folder = await temporaryFolder();
  await mkdir(SCREENSHOTS, { recursive: true });
  [servers, superset, browser] = await Promise.all([
    startServers(['postgres']),
    startSuperset(join(folder.path, 'superset')),
    launchChromium(),
  ]);
  const answerKey = join(folder.path, 'key.json');
  const sales = join(folder.path, 'sales.ndjson');
  await runDaybook(['generate', ...DAYS, '--out', sales, '--answer-key', answerKey]);
  const json = await readFile(answerKey, 'utf8');
  reports = (JSON.parse(json) as { reports: Reports }).reports;
  readerPassword = await makeTables(servers.at.postgres, plan);
  await fillTables(servers.at.postgres, plan, json);
  api = await supersetApi(superset);
});

afterAll(async () => {
  await browser?.close();
  await superset?.stop();
  await servers?.[Symbol.asyncDispose]();
  await folder?.[Symbol.asyncDispose]();
});

/** Imports a definition's dashboard as a user does. */
async function importBundle(config = 'daybook.config.ts'): Promise<void> {
  const { url, user, password } = superset;
  const reportsUrl = asUser(servers.at.postgres, READER, '');
  const { code, stderr } = await runDaybook(
    ['apply', '--target', 'superset', '--url', url, '--user', user, '--reports-url', reportsUrl, '--config', config],
    undefined,
    { DAYBOOK_SUPERSET_PASSWORD: password, DAYBOOK_REPORTS_PASSWORD: readerPassword },
  );
  expect([code, stderr]).toEqual([0, '']);
}

/** All rows of a chart, by the query that its page sent. */
async function rowsOf(query: ChartQuery | undefined): Promise<readonly Row[]> {
  const [first] = query?.queries ?? [];
  const [answer] = await api.chartData({ ...query, queries: [{ ...first, row_limit: ALL_ROWS, row_offset: 0 }] });
  return (answer?.data ?? []).map((row) => ({ ...row, ...('ts_date' in row && { ts_date: dayOf(row['ts_date']) }) }));
}

/** Superset gives days as milliseconds, and sometimes as ISO text. */
function dayOf(cell: string | number | null | undefined): string {
  return new Date(cell ?? '').toISOString().slice(0, 10);
}

function sorted(rows: readonly Row[]): readonly string[] {
  return rows
    .map((row) => JSON.stringify(Object.entries(row).toSorted(([a], [b]) => (a < b ? -1 : 1))))
    .toSorted((a, b) => (a < b ? -1 : 1));
}

/** Of some rows, some columns. */
function columns(rows: readonly Row[], names: readonly string[]): readonly Row[] {
  return rows.map((row) => Object.fromEntries(names.map((name) => [name, row[name] ?? null])));
}

/** The customers of each place, over all days. */
function customersByPlace(rows: readonly Row[]): readonly Row[] {
  const places = new Map<string, { latitude: number; longitude: number; daily_pu: number }>();
  for (const { latitude, longitude, daily_pu: customers } of rows) {
    if (latitude === null || longitude === null) continue;
    const place = { latitude: Number(latitude), longitude: Number(longitude), daily_pu: 0 };
    const known = places.get(JSON.stringify(place)) ?? place;
    places.set(JSON.stringify(place), { ...known, daily_pu: known.daily_pu + Number(customers) });
  }
  return [...places.values()];
}

/** What each of the furniture store's charts must show of the reports. */
function expectedRows({ daily_pu_rev: days, daily_category_product: products, daily_address: places }: Reports) {
  const key = ['ts_date', 'category', 'sub_category', 'product_name'];
  return {
    'Paying customers': columns(days, ['ts_date', 'daily_pu']),
    Revenue: columns(days, ['ts_date', 'daily_rev']),
    Profit: columns(days, ['ts_date', 'daily_profit']),
    'Products by quantity': columns(products, [...key, 'daily_quantity']),
    'Products by revenue': columns(products, [...key, 'daily_rev']),
    'Products by profit': columns(products, [...key, 'daily_profit']),
    'Customers on the map': customersByPlace(places),
  };
}

/** Asserts that every chart, by the query that the open page sent for it, gives exactly the reports. */
async function expectCharts(dashboard: DashboardPage, of: Reports): Promise<void> {
  const charts = await api.assets('chart');
  for (const [title, rows] of Object.entries(expectedRows(of))) {
    const id = charts.find(({ name }) => name === title)?.id ?? 0;
    expect(sorted(await rowsOf(dashboard.queries.get(id))), title).toEqual(sorted(rows));
  }
}

/** How many pixels of a picture are of the dots' colour, all but opaque. */
async function dotPixels({ page, tile }: DashboardPage): Promise<number> {
  const picture = (await tile('Customers on the map').locator('canvas').last().screenshot()).toString('base64');
  return page.evaluate(
    async ([base64, [red, green, blue]]) => {
      const bitmap = await createImageBitmap(new Blob([Uint8Array.from(atob(base64), (each) => each.charCodeAt(0))]));
      const context = new OffscreenCanvas(bitmap.width, bitmap.height).getContext('2d');
      context?.drawImage(bitmap, 0, 0);
      const { data } = context?.getImageData(0, 0, bitmap.width, bitmap.height) ?? { data: [] };
      let count = 0;
      for (let at = 0; at < data.length; at += 4) {
        const isNear = (channel: number, value: number): boolean => Math.abs((data[at + channel] ?? 0) - value) < 40;
        if (isNear(0, red) && isNear(1, green) && isNear(2, blue)) count++;
      }
      return count;
    },
    [picture, DOTS] as const,
  );
}

describe('Superset', () => {
  it('gets the dashboard over REST, and a second import doubles nothing', async () => {
    await importBundle();
    const kinds = ['database', 'dataset', 'chart', 'dashboard'] as const;
    const first = await Promise.all(kinds.map((kind) => api.assets(kind)));
    expect(first.map((assets) => assets.length)).toEqual([1, 3, 7, 1]);
    await importBundle();
    expect(await Promise.all(kinds.map((kind) => api.assets(kind)))).toEqual(first);
  });

  it('says so when the user or the password is wrong', async () => {
    const { code, stderr } = await runDaybook(
      ['apply', '--target', 'superset', '--url', superset.url, '--user', superset.user],
      undefined,
      { DAYBOOK_SUPERSET_PASSWORD: 'another one' },
    );
    expect([code, stderr]).toEqual([1, expect.stringContaining('(SUPERSET_LOGIN)')]);
    expect(stderr).not.toContain('another one');
  });

  // With DAYBOOK_PICTURES=1 the last picture becomes the one of docs/superset.md.
  it.each([1920, 1280])('shows the reports in a page %d pixels wide that reaches nobody else', async (width) => {
    await using dashboard = await openDashboard(browser, superset, 'daily-report', width);
    const { tile } = dashboard;
    const newest = reports.daily_pu_rev.find((row) => row['ts_date'] === NEWEST);
    await expect.poll(() => tile('Paying customers').innerText()).toContain(String(newest?.['daily_pu']));
    await expect
      .poll(() => tile('Revenue').innerText())
      .toContain(Number(newest?.['daily_rev']).toLocaleString('en-US', { maximumFractionDigits: 2 }));
    await expect.poll(() => tile('Profit').innerText()).toMatch(/[+-][\d.]+% previous day/);
    for (const title of ['Products by quantity', 'Products by revenue', 'Products by profit']) {
      await expect.poll(() => tile(title).locator('tbody tr').count()).toBe(10);
      expect(await tile(title).locator('tbody .cell-bar').count()).toBe(10);
      expect(await tile(title).locator('tbody td').first().innerText()).toBe(NEWEST);
    }
    await expect.poll(() => dotPixels(dashboard)).toBeGreaterThan(300);
    const picture = join(SCREENSHOTS, `superset-${width}.png`);
    await dashboard.photograph(picture);
    if (process.env['DAYBOOK_PICTURES'] !== undefined) await copyFile(picture, join(IMAGES, 'superset.png'));
    await expectCharts(dashboard, reports);
    expect(dashboard.outside).toEqual([]);
  });

  it('filters all of it by a range of days', async () => {
    await using dashboard = await openDashboard(browser, superset, 'daily-report', 1280);
    const { tile } = dashboard;
    await expect.poll(() => tile('Products by profit').locator('tbody tr').count()).toBe(10);
    await dashboard.filterDays(FILTERED.from, FILTERED.dayAfterLast);
    await expect.poll(() => tile('Products by profit').locator('tbody td').first().innerText()).toBe(FILTERED.newest);
    await dashboard.photograph(join(SCREENSHOTS, 'superset-filtered.png'));
    const within = (rows: readonly Row[]): readonly Row[] =>
      rows.filter(({ ts_date: day }) => String(day) >= FILTERED.from && String(day) < FILTERED.dayAfterLast);
    const { daily_pu_rev: days, daily_category_product: products, daily_address: places } = reports;
    await expectCharts(dashboard, {
      daily_pu_rev: within(days),
      daily_category_product: within(products),
      daily_address: within(places),
    });
  });

  it('filters the other tables by a category that is clicked', async () => {
    await using dashboard = await openDashboard(browser, superset, 'daily-report', 1280);
    const { tile } = dashboard;
    const categories = async (): Promise<readonly string[]> =>
      tile('Products by profit').locator('tbody tr td:nth-child(2)').allInnerTexts();
    await expect.poll(async () => (await categories()).length).toBe(10);
    await tile('Products by quantity').locator('tbody td', { hasText: 'Office Supplies' }).first().click();
    await expect.poll(async () => new Set(await categories())).toEqual(new Set(['Office Supplies']));
  });

  it('draws lines and bars', async () => {
    const config = join(folder.path, 'axes.config.ts');
    const root = resolve(import.meta.dirname, '../..');
    await writeFile(
      config,
      `import { daybook as own, dailyCategoryProduct, dailyPuRev } from '${root}/daybook.config.ts';
import { barTile, defineDashboard, defineDaybook, lineTile } from '${root}/src/daybook.ts';
export const daybook = defineDaybook({ ...own, dashboard: defineDashboard({ title: 'Axes', tiles: [
  lineTile(dailyPuRev, 'daily_rev', { title: 'A line', format: 'money', x: 'ts_date' }),
  barTile(dailyCategoryProduct, 'daily_quantity', { title: 'Bars', format: 'count', x: 'sub_category' }),
  lineTile(dailyCategoryProduct, 'daily_profit', { title: 'Lines', format: 'money', x: 'ts_date', series: 'category' }),
  barTile(dailyCategoryProduct, 'daily_rev', { title: 'Parts', format: 'money', x: 'category', series: 'sub_category' }),
] }) });\n`,
    );
    await importBundle(config);
    await using dashboard = await openDashboard(browser, superset, 'axes', 1280);
    const charts = await api.assets('chart');
    for (const title of ['A line', 'Bars', 'Lines', 'Parts']) {
      await dashboard.tile(title).locator('canvas').first().waitFor();
    }
    await dashboard.photograph(join(SCREENSHOTS, 'superset-axes.png'));
    const query = dashboard.queries.get(charts.find(({ name }) => name === 'Bars')?.id ?? 0);
    const [answer] = await api.chartData(query ?? {});
    const quantities = new Map<string, number>();
    for (const { sub_category: name, daily_quantity: pieces } of reports.daily_category_product) {
      quantities.set(String(name), (quantities.get(String(name)) ?? 0) + Number(pieces));
    }
    const bars = answer?.data.map((row) => [row['sub_category'], row['daily_quantity']] as const) ?? [];
    expect(new Map(bars.map(([name, pieces]) => [String(name), pieces]))).toEqual(quantities);
    expect(bars.map(([, pieces]) => Number(pieces))).toEqual([...quantities.values()].toSorted((a, b) => b - a));
  });

  it('reads the reports by a user who can do nothing else', async () => {
    const refused = async (sql: string): Promise<string> =>
      withClient(asUser(servers.at.postgres, READER, readerPassword), async (client) => {
        await client.query('SELECT * FROM daily_report.daily_pu_rev');
        return client.query(sql).then(
          () => 'done',
          (error: unknown) => (error instanceof Error ? error.message : ''),
        );
      });
    for (const sql of [
      'UPDATE daily_report.daily_pu_rev SET daily_pu = 0',
      'SELECT * FROM daybook.offsets',
      'CREATE TABLE daily_report.mine ()',
      'CREATE TABLE public.mine ()',
    ]) {
      expect(await refused(sql), sql).toContain('permission denied');
    }
  });

  it('computes every kind of measure as the report has it', async () => {
    const other = makePlan(everyMeasure);
    await withClient(servers.at.postgres, async (client) => {
      await client.query('DROP SCHEMA daily_report, daily_report_long, daybook CASCADE');
      await client.query(postgresSql(other).script);
      await client.query(EVERY_MEASURE_ROWS);
    });
    const config = join(folder.path, 'every-measure.config.ts');
    const definition = resolve(import.meta.dirname, '../definitions/every-measure.ts');
    await writeFile(config, `export { everyMeasure as daybook } from '${definition}';\n`);
    await importBundle(config);
    const datasets = await api.assets('dataset');
    const id = datasets.find(({ name }) => name === 'every_measure')?.id ?? 0;
    const metrics = other.reports[0]?.measures.map(({ name }) => name);
    const query = { columns: [] as string[], metrics, row_limit: ALL_ROWS };
    const ask = async (groupBy: readonly string[]): Promise<readonly Row[]> => {
      const [answer] = await api.chartData({
        datasource: { id, type: 'table' },
        queries: [{ ...query, columns: groupBy }],
      });
      return answer?.data ?? [];
    };
    expect(sorted(columns(await ask(['order']), metrics ?? []))).toEqual(sorted(EVERY_MEASURE_BY_ORDER));
  });
});
