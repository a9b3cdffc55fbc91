import { mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { startDaybook, startServer } from '../daybook.ts';
import type { BenchContext, Figure, Line } from '../figure.ts';
import { runDaybook } from '../daybook.ts';
import { writeManySales } from '../many-sales.ts';
import { measureProcess } from '../measure-process.ts';
import { requireFreeBytes } from '../sales-file.ts';
import { ratiosOf } from '../figure.ts';

const PRODUCTS = 100_000;
const DAYS = 30;
const CLIENTS = 100;
const BYTES_PER_SALE = 800;
const LOAD = join(import.meta.dirname, '../load');
const BROWSER = join(import.meta.dirname, '../browser');
const RIVALS = join(import.meta.dirname, '../rivals');

/** What a script prints: how long each thing took, ms, by what it was. */
type Timings = Readonly<Record<string, number>>;

export const pages: Figure = {
  name: 'pages',
  title: 'Pages: from an answer to the pixels, searches, the map',
  method:
    `A real \`daybook start\`, and Chromium. Pixels: 200 sales are posted one by one to a Daybook with 60 days of sales while ` +
    `a dashboard is open and ${CLIENTS - 1} more clients listen to the same views; the time is from the answer to the frame after the ` +
    `one in which the page's numbers changed. Search: ${PRODUCTS.toLocaleString('en-US')} products on each of ${DAYS} days are 3,000,000 rows; ` +
    'each search is for another text, asked by HTTP with page, total and extent, as the table asks it; beside it DuckDB with the rows ' +
    `in memory. Map: ${PRODUCTS.toLocaleString('en-US')} places; a click on zoom in or out until the map shows other circles. The value is the 95th percentile.`,
  run: async (context) => {
    const lines: Line[] = [];
    for (const measure of [pixels, searches, map]) {
      const measured = await measure(context);
      for (const { what, values } of measured)
        context.say(`${what}: p95 ${values.map((value) => value.toFixed(0)).join(', ')} ms`);
      lines.push(...measured);
    }
    return { lines, versions: {} };
  },
};

async function timingsOf(script: string, args: readonly string[]): Promise<Timings> {
  const { stdout } = await measureProcess(process.execPath, [script, ...args]);
  return JSON.parse(stdout.join('')) as Timings;
}

function line(what: string, runs: readonly Timings[], name: string, note?: string): Line {
  return { what, unit: 'ms', values: runs.map((run) => run[name] ?? Number.NaN), note };
}

async function withFolder<T>({ scratchFolder }: BenchContext, use: (folder: string) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(join(scratchFolder, 'pages-'));
  try {
    return await use(folder);
  } finally {
    await rm(folder, { recursive: true });
  }
}

function pixels(context: BenchContext): Promise<readonly Line[]> {
  return withFolder(context, async (folder) => {
    const sales = join(folder, 'sales.ndjson');
    await runDaybook([
      'generate',
      '--from',
      '2026-09-01',
      '--to',
      '2026-10-30',
      '--per-day',
      '2000',
      '--seed',
      '5',
      '--out',
      sales,
    ]);
    const data = join(folder, 'data');
    await runDaybook(['import', sales, '--data', data]);
    const server = await startDaybook(data);
    try {
      const runs: Timings[] = [];
      for (let run = 0; run < context.runs; run++) {
        const crowd = await startServer([join(LOAD, 'crowd.ts'), server.url, String(CLIENTS - 1), 'views']);
        runs.push(await timingsOf(join(BROWSER, 'page-freshness.ts'), [server.url, String(run)]));
        await crowd.stop();
      }
      return [line(`from a sale’s answer to the pixels, ${CLIENTS} clients`, runs, 'p95')];
    } finally {
      await server.stop();
    }
  });
}

function searches(context: BenchContext): Promise<readonly Line[]> {
  return withFolder(context, async (folder) => {
    await requireFreeBytes(folder, PRODUCTS * DAYS * BYTES_PER_SALE * 2);
    const sales = join(folder, 'sales.ndjson');
    await writeManySales(sales, { products: PRODUCTS, days: DAYS, isSpread: false });
    const data = join(folder, 'data');
    await runDaybook(['import', sales, '--data', data]);
    const server = await startDaybook(data);
    const ours: Timings[] = [];
    const theirs: Timings[] = [];
    try {
      for (let run = 0; run < context.runs; run++) {
        ours.push(await timingsOf(join(LOAD, 'table-searches.ts'), [server.url, String(PRODUCTS)]));
      }
    } finally {
      await server.stop();
    }
    for (let run = 0; run < context.runs; run++) {
      theirs.push(await timingsOf(join(RIVALS, 'duckdb-searches.ts'), [sales, String(PRODUCTS)]));
    }
    const rival = line('DuckDB, a search over the same rows', theirs, 'search', '2 threads, in memory');
    return [
      line('a search over 3,000,000 rows', ours, 'search', 'newest day first, then the largest'),
      {
        ...rival,
        ratios: ratiosOf(
          rival.values,
          ours.map(({ search = Number.NaN }) => search),
        ),
      },
      line('a search sorted by revenue over all days', ours, 'sorted'),
      line(
        'the totals of a range by product, with trends',
        ours,
        'totals',
        'the second time; the first one groups the rows',
      ),
    ];
  });
}

function map(context: BenchContext): Promise<readonly Line[]> {
  return withFolder(context, async (folder) => {
    const sales = join(folder, 'sales.ndjson');
    await writeManySales(sales, { products: PRODUCTS, days: 1, isSpread: true });
    const data = join(folder, 'data');
    await runDaybook(['import', sales, '--data', data]);
    const server = await startDaybook(data);
    try {
      const runs: Timings[] = [];
      for (let run = 0; run < context.runs; run++) {
        runs.push(await timingsOf(join(BROWSER, 'map-interactions.ts'), [server.url, String(PRODUCTS)]));
      }
      return [
        line(
          'zooming a map of 100,000 places',
          runs,
          'zoom',
          'until other circles are there; Chromium draws without a GPU',
        ),
        line('the longest task of the page meanwhile', runs, 'longestTask', 'what a click may have to wait for'),
      ];
    } finally {
      await server.stop();
    }
  });
}
