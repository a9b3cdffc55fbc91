import { mkdir, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it, vi } from 'vitest';
import { readSale, reportsOf } from '../oracle/furniture-store.ts';
import { runDaybook, startDaybook, temporaryFolder } from '../process/daybook-process.ts';
import { mixedSales } from '../sales/mixed-sales.ts';

const LINES = mixedSales(400, { repeats: 0.05, seed: 21 });

it('SQL reads the reports and the raw records, of a folder and through the Daybook that holds it, and changes nothing', async () => {
  await using folder = await temporaryFolder();
  const data = join(folder.path, 'data');
  await runDaybook(['import', '-', '--data', data], LINES.join('\n'));
  const ask = (sql: string) => runDaybook(['query', sql, '--data', data, '--format', 'json']);
  const sql =
    'SELECT r.ts_date, daily_rev, sum(revenue) AS revenue, count(*) AS sales FROM daily_pu_rev r JOIN daily_records s USING (ts_date) GROUP BY ALL ORDER BY 1';
  const { code, stdout } = await ask(sql);
  expect(code).toBe(0);
  const expected = reportsOf(LINES.map(readSale))['daily_pu_rev'] ?? [];
  const rows = JSON.parse(stdout) as readonly Readonly<Record<string, unknown>>[];
  expect(rows.map((row) => [row['ts_date'], row['daily_rev'], row['revenue']])).toEqual(
    expected.map((row) => [row['ts_date'], Number(row['daily_rev']), Number(row['daily_rev'])]),
  );

  const holder = await startDaybook(data);
  const through = await ask(sql);
  const byAddress = await runDaybook(['query', sql, '--url', holder.url, '--format', 'json']);
  await holder.stop();
  expect([through.stdout, byAddress.stdout]).toEqual([stdout, stdout]);

  for (const [wrong, code2] of [
    ['DELETE FROM daily_pu_rev', 'SQL_NOT_A_QUERY'],
    ['SELECT 1; SELECT 2', 'SQL_NOT_A_QUERY'],
    [' -- nothing', 'There is no statement in it'],
    ['PIVOT daily_pu_rev ON ts_date USING sum(daily_rev)', 'name the values'],
    ["SELECT * FROM read_text('/etc/hostname')", 'SQL_WRONG'],
    ["COPY (SELECT 1) TO 'x.csv'", 'SQL_'],
    ['SELECT nothing FROM daily_pu_rev', 'SQL_WRONG'],
    ['SELECT 1 FROM nothing', 'There are the tables daily_records, daily_pu_rev, '],
  ] as const) {
    const answer = await ask(wrong);
    expect([answer.code, answer.stdout]).toEqual([2, '']);
    expect(answer.stderr).toContain(code2);
    // Behind the sentence, not behind DuckDB's picture of where in the statement it is.
    expect(answer.stderr).toMatch(/^daybook: .* \(SQL_(WRONG|NOT_A_QUERY)\)\n/);
  }
});

it('SQL reads the records of many days, and none', async () => {
  await using folder = await temporaryFolder();
  const ask = async (data: string) =>
    (await runDaybook(['query', 'SELECT count(*) AS n FROM daily_records', '--data', data, '--format', 'csv'])).stdout;
  const [sale = ''] = LINES;
  const days = Array.from({ length: 2_000 }, (_, index) => new Date(Date.UTC(2015, 0, 1 + index)).toISOString());
  const lines = days.map((day, index) =>
    JSON.stringify({
      ...(JSON.parse(sale) as object),
      ts_id: `00000000-0000-4000-8000-${String(index).padStart(12, '0')}`,
      ts: `${day.slice(0, 10)} 12:00:00`,
      ts_date: day.slice(0, 10),
    }),
  );
  const [many, none] = [join(folder.path, 'many'), join(folder.path, 'none')];
  await runDaybook(['import', '-', '--data', many], lines.join('\n'));
  await runDaybook(['import', '-', '--data', none], 'no record');
  expect([await ask(many), await ask(none)]).toEqual(['n\r\n2000\r\n', 'n\r\n0\r\n']);
});

it('SQL gives JSON that can be read, whatever the numbers and the names of columns', async () => {
  await using folder = await temporaryFolder();
  const data = join(folder.path, 'data');
  await runDaybook(['import', '-', '--data', data], LINES.join('\n'));
  const sql = "SELECT 'nan'::DOUBLE AS a, -1 / 0 AS b, 1.50::DECIMAL(9, 2) AS c, 2 AS c";
  const { stdout } = await runDaybook(['query', sql, '--data', data, '--format', 'json']);
  expect(JSON.parse(stdout)).toEqual([{ a: 'NaN', b: '-Infinity', c: 1.5, 'c:1': 2 }]);
});

it('SQL tells an empty text from null, as a report does', async () => {
  await using folder = await temporaryFolder();
  const data = join(folder.path, 'data');
  await runDaybook(['import', '-', '--data', data], LINES.join('\n'));
  const sql = `SELECT * FROM (VALUES ('', 41), (NULL, 50), ('a "b"', NULL)) AS given(city, n)`;
  const ask = async (format: string) =>
    (await runDaybook(['query', sql, '--data', data, '--format', format])).stdout.split(/\r?\n/);
  expect(await ask('csv')).toEqual(['city,n', '"",41', ',50', '"a ""b""",', '']);
  expect(await ask('table')).toEqual(['city    n', '-----  --', '""     41', '       50', 'a "b"', '3 rows', '']);
});

it('SQL lists the tables that there are, and their columns', async () => {
  await using folder = await temporaryFolder();
  const data = join(folder.path, 'data');
  await runDaybook(['import', '-', '--data', data], LINES.join('\n'));
  const ask = async (sql: string) =>
    (await runDaybook(['query', sql, '--data', data, '--format', 'csv'])).stdout.trimEnd().split('\r\n');
  const names = ['daily_address', 'daily_category_product', 'daily_pu_rev', 'daily_records'];
  expect(await ask('SHOW TABLES')).toEqual(['name', ...names]);
  expect(await ask('SELECT DISTINCT table_name AS name FROM information_schema.columns ORDER BY 1')).toEqual([
    'name',
    ...names,
  ]);
  expect(await ask('SELECT column_name FROM (DESCRIBE daily_pu_rev)')).toEqual([
    'column_name',
    ...Object.keys(reportsOf(LINES.map(readSale))['daily_pu_rev']?.[0] ?? {}),
  ]);
});

it('SQL that is interrupted says so, and leaves nothing behind', async () => {
  await using folder = await temporaryFolder();
  const data = join(folder.path, 'data');
  await runDaybook(['import', '-', '--data', data], LINES.join('\n'));
  const work = join(folder.path, 'work');
  await mkdir(work);
  const endless = 'SELECT sum(a.range * b.range) FROM range(1000000000) a, range(1000000000) b, daily_pu_rev';
  const isLoaded = async () => (await readdir(work, { recursive: true })).some((name) => name.endsWith('query.duckdb'));
  const { code, stdout, stderr } = await runDaybook(['query', endless, '--data', data], '', { TMPDIR: work }, () =>
    vi.waitUntil(isLoaded, { timeout: 20_000 }),
  );
  expect([code, stdout]).toEqual([1, '']);
  expect(stderr).toBe('daybook: The query was interrupted before its end. (INTERRUPTED)\n');
  expect((await readdir(work)).filter((name) => name.startsWith('daybook'))).toEqual([]);
});

it('SQL tells texts apart of which one begins with a byte order mark', async () => {
  await using folder = await temporaryFolder();
  const data = join(folder.path, 'data');
  const marked = LINES.slice(0, 2).map((line, index) =>
    JSON.stringify({
      ...(JSON.parse(line) as object),
      ts_id: `00000000-0000-4000-8000-00000000000${index}`,
      customer_id: index === 0 ? '\uFEFFC1' : 'C1',
    }),
  );
  await runDaybook(['import', '-', '--data', data], marked.join('\n'));
  const select = 'SELECT customer_id, customer_id, length(customer_id) AS n FROM daily_records ORDER BY n DESC';
  for (const end of ['', ';', ' -- the longer one first']) {
    const { stdout } = await runDaybook(['query', select + end, '--data', data, '--format', 'csv']);
    expect(stdout.split('\r\n')).toEqual(['customer_id,customer_id:1,n', '\uFEFFC1,\uFEFFC1,3', 'C1,C1,2', '']);
  }
});

it('explains a row of a folder, and says when there is none', async () => {
  await using folder = await temporaryFolder();
  const data = join(folder.path, 'data');
  await runDaybook(['import', '-', '--data', data], LINES.join('\n'));
  const [first = ''] = LINES;
  const {
    ts,
    category,
    sub_category: subCategory,
    product_name: product,
  } = JSON.parse(first) as Readonly<Record<string, string>>;
  const day = ts?.slice(0, 10) ?? '';
  const call = [
    'explain',
    'daily_category_product',
    day,
    category ?? '',
    subCategory ?? '',
    product ?? '',
    '--data',
    data,
  ];
  const { code, stdout } = await runDaybook(call);
  expect(code).toBe(0);
  expect(stdout).toContain('1 record, which gives just this row:\n  0  {');
  expect((await runDaybook([...call, '--format', 'ndjson'])).stdout.split('\n')[0]).toBe(first);
  const holder = await startDaybook(data);
  const byAddress = await runDaybook([...call.slice(0, -2), '--url', holder.url]);
  await holder.stop();
  expect(byAddress.stdout).toBe(stdout);
  const none = await runDaybook(['explain', 'daily_pu_rev', '1999-01-01', '--data', data]);
  expect([none.code, none.stdout]).toEqual([
    1,
    `There is no such row, and no record of it (frame ${new Set(LINES.map((line) => readSale(line).ts_id.toLowerCase())).size}).\n`,
  ]);
  const short = await runDaybook(['explain', 'daily_category_product', day, '--data', data]);
  expect(short.stderr).toContain(
    'A row of daily_category_product is told by ts_date, category, sub_category, product_name; you gave 1 value.',
  );
});
