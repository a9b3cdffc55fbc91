import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { readSale, reportsOf } from '../oracle/furniture-store.ts';
import { post } from '../process/reports-over-http.ts';
import { runDaybook, startDaybook, temporaryFolder } from '../process/daybook-process.ts';
import { mixedSales } from '../sales/mixed-sales.ts';
import { plainSale } from '../sales/plain-sale.ts';

const NEWLINE = '\n';

/** A data folder with sales in it. */
async function imported(folder: string, lines: readonly string[]): Promise<readonly string[]> {
  const data = ['--data', join(folder, 'data')];
  const { code, stderr } = await runDaybook(['import', '-', ...data], lines.join(NEWLINE));
  expect(code, stderr).toBe(0);
  return data;
}

/** Where a checkpoint's checksum stands, and where what it is of begins. */
const LENGTH_AT = 8;
const CHECKSUM_AT = 12;
const BODY_AT = 16;

/** Adds to a sum in the newest checkpoint, where it stands as a float, and makes the file's checksum right again. */
async function alterSum(data: string, sum: number, added: number): Promise<void> {
  const folder = join(data, 'checkpoints');
  const path = join(folder, (await readdir(folder)).findLast((name) => name.endsWith('.checkpoint')) ?? '');
  const file = await readFile(path);
  const at = file.indexOf(new Uint8Array(Float64Array.of(sum).buffer));
  expect(at).toBeGreaterThan(BODY_AT);
  file.writeDoubleLE(sum + added, at);
  file.writeUInt32LE(crc32(file.subarray(LENGTH_AT, CHECKSUM_AT), crc32(file.subarray(BODY_AT))), CHECKSUM_AT);
  await writeFile(path, file);
}

describe('verify', () => {
  it('says of a Daybook without records that there was nothing to compare', async () => {
    await using folder = await temporaryFolder();
    const data = ['--data', join(folder.path, 'data')];
    // A file without records leaves a data folder behind.
    await runDaybook(['import', '-', ...data], '');
    const { code, stdout } = await runDaybook(['verify', ...data]);
    expect([code, stdout.split(NEWLINE).at(-2)]).toEqual([0, 'Nothing was compared: there are no records yet.']);
  });

  it('compares every row of every report, of all days or of some', async () => {
    await using folder = await temporaryFolder();
    const lines = mixedSales(3000, { repeats: 0.05, seed: 21 });
    const data = await imported(folder.path, lines);
    const expected = reportsOf(lines.map(readSale));
    const rows = (name: string): number => expected[name]?.length ?? 0;
    const records = new Set(lines.map((line) => readSale(line).ts_id)).size;

    expect(await runDaybook(['verify', ...data])).toEqual({
      code: 0,
      stdout: [
        `daily_pu_rev: ${rows('daily_pu_rev')} rows compared, 0 differences`,
        `daily_category_product: ${rows('daily_category_product')} rows compared, 0 differences`,
        `daily_address: ${rows('daily_address')} rows compared, 0 differences`,
        `All reports agree with the ${records} raw records.`,
        '',
      ].join(NEWLINE),
      stderr: '',
    });
    // Days without a record have nothing that could agree.
    const none = await runDaybook(['verify', '--from', '2030-01-01', '--to', '2030-01-02', ...data]);
    expect(none).toMatchObject({ code: 0, stdout: expect.stringContaining('daily_pu_rev: 0 rows compared') as string });
    expect(none.stdout.split(NEWLINE).at(-2)).toBe(
      `Nothing was compared: no report has rows in these days, and none of the ${records} raw records is of them.`,
    );
    const some = await runDaybook(['verify', '--from', '2026-04-03', '--to', '2026-04-04', ...data]);
    expect(some.code).toBe(0);
    expect(some.stdout).toContain('daily_pu_rev: 2 rows compared, 0 differences');
    const one = await runDaybook(['verify', '--from', '2026-04-03', '--to', '2026-04-03', ...data]);
    expect(one.stdout).toContain('daily_pu_rev: 1 row compared, 0 differences');
  });

  it('finds a checkpoint that was altered, names the row with both values, and exits with 1', async () => {
    await using folder = await temporaryFolder();
    const lines = mixedSales(1500, { repeats: 0, seed: 22 });
    const data = await imported(folder.path, lines);
    const day = reportsOf(lines.map(readSale))['daily_pu_rev']?.find((row) => row['ts_date'] === '2026-04-17');
    const revenue = String(day?.['daily_rev']);
    const [whole = '', fraction = ''] = revenue.split('.');
    const micros = Number(whole + fraction.padEnd(6, '0'));
    await alterSum(join(folder.path, 'data'), micros, 250_000);

    const { code, stdout } = await runDaybook(['verify', ...data]);
    expect(code).toBe(1);
    expect(stdout.split(NEWLINE).slice(0, 3)).toEqual([
      'daily_pu_rev: ts_date 2026-04-17',
      `  daily_rev is ${moneyText(micros + 250_000)}, but the records give ${revenue}`,
      'daily_pu_rev: 30 rows compared, 1 difference',
    ]);
    expect(stdout).toContain('The reports do not agree with the 1500 raw records.');
    const others = await runDaybook(['verify', '--from', '2026-04-18', ...data]);
    expect(others.code).toBe(0);
  });

  it('says nothing that a terminal acts on, as no command does for people', async () => {
    await using folder = await temporaryFolder();
    const product = 'Desk\n\u001B[31m\u009B';
    const [chair, desk] = [{}, { product_name: product, revenue: 77.25 }].map((change) =>
      JSON.stringify({ ...plainSale, ts_id: crypto.randomUUID(), ...change }),
    );
    const data = await imported(folder.path, [chair ?? '', desk ?? '']);
    await alterSum(join(folder.path, 'data'), 77_250_000, 1);
    const key = ['2026-03-04', 'Furniture', 'Chairs'];
    const shown = String.raw`Desk\x0a\x1b[31m\x9b`;
    for (const [args, shownRow] of [
      [
        ['verify'],
        `daily_category_product: ts_date 2026-03-04, category Furniture, sub_category Chairs, product_name ${shown}`,
      ],
      [['report', 'daily_category_product'], `2026-03-04  Furniture  Chairs        ${shown}`],
      [['explain', 'daily_category_product', ...key, product], `2026-03-04  Furniture  Chairs        ${shown}`],
      [['query', 'SELECT product_name, 1 AS "a\nb" FROM daily_category_product'], shown],
    ] as const) {
      const { stdout } = await runDaybook([...args, ...data]);
      expect(stdout).toContain(shownRow);
      expect(stdout).toMatch(/^[\P{Cc}\n]*$/u);
    }
  });

  it('goes through the Daybook that holds the folder, while sales come in', async () => {
    await using folder = await temporaryFolder();
    const lines = mixedSales(4000, { repeats: 0.05, seed: 23 });
    const data = join(folder.path, 'data');
    const daybook = await startDaybook(data);
    try {
      await post(daybook.url, lines.slice(0, 1000));
      const done = new AbortController();
      const verified = runDaybook(['verify', '--data', data]).finally(() => done.abort());
      for (let at = 1000; at < lines.length && !done.signal.aborted; at += 10) {
        await post(daybook.url, lines.slice(at, at + 10));
      }
      const { code, stdout, stderr } = await verified;
      expect(code, stdout).toBe(0);
      expect(stderr).toContain(`going through it at ${daybook.url}`);
      expect(stdout).toMatch(/^All reports agree with the \d+ raw records\.$/m);
    } finally {
      expect(await daybook.stop()).toBe(0);
    }
  });

  it('exits with 2 when it cannot be done', async () => {
    await using folder = await temporaryFolder();
    const missing = await runDaybook(['verify', '--data', join(folder.path, 'none')]);
    expect([missing.code, missing.stdout]).toEqual([2, '']);
    expect(missing.stderr).toContain('(DATA_FOLDER_MISSING)');
    const data = await imported(folder.path, mixedSales(100, { repeats: 0, seed: 24 }));
    const [segment = ''] = await readdir(join(folder.path, 'data', 'log'));
    const noRoom = await runDaybook(['verify', ...data], '', { TMPDIR: join(folder.path, 'data', 'log', segment) });
    expect([noRoom.code, noRoom.stdout]).toEqual([2, '']);
    expect(noRoom.stderr).toMatch(/Set TMPDIR .*\(VERIFY_FAILED\)/);
  });
});

function moneyText(micros: number): string {
  return String(micros / 1e6);
}
