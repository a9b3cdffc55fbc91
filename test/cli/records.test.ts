import { appendFile, cp, open, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';
import { describe, expect, it } from 'vitest';
import { openLog } from '../../src/log/log.ts';
import { openDisk } from '../../src/runtimes/machine/disk.ts';
import { SUPERSTORE_COLUMNS } from '../../src/sources/files/superstore-columns.ts';
import { readSale, reportsOf, rowsOfAnswer } from '../oracle/furniture-store.ts';
import { runDaybook, startDaybook, temporaryFolder } from '../process/daybook-process.ts';
import { mixedSales } from '../sales/mixed-sales.ts';

const REPORTS = ['daily_pu_rev', 'daily_category_product', 'daily_address'];
const NEWLINE = '\n';

async function salesFile(folder: string, lines: readonly string[]): Promise<string> {
  const path = join(folder, 'sales.ndjson');
  await writeFile(path, lines.map((line) => line + NEWLINE).join(''));
  return path;
}

const distinctOf = (lines: readonly string[]): number =>
  new Set(lines.map((line) => (JSON.parse(line) as { ts_id: string }).ts_id)).size;

async function expectReports(data: string, lines: readonly string[]): Promise<void> {
  const expected = reportsOf(lines.map(readSale));
  for (const name of REPORTS) {
    const { code, stdout } = await runDaybook(['report', name, '--data', data, '--format', 'json']);
    expect(code).toBe(0);
    expect(rowsOfAnswer(stdout)).toEqual(expected[name]);
  }
}

describe('import, report and export', () => {
  it('give the oracle’s reports to the last digit, and a file imported twice changes nothing', async () => {
    await using folder = await temporaryFolder();
    const lines = mixedSales(2000, { repeats: 0.05, seed: 11 });
    const distinct = distinctOf(lines);
    const file = await salesFile(folder.path, lines);
    const data = join(folder.path, 'data');

    const first = await runDaybook(['import', file, '--data', data]);
    expect(first.stdout).toBe(`${file}: ${distinct} accepted, ${lines.length - distinct} duplicates, 0 quarantined\n`);
    expect([first.code, first.stderr]).toEqual([0, '']);
    await expectReports(data, lines);

    const second = await runDaybook(['import', '-', '--data', data], lines.join(NEWLINE));
    expect(second.stdout).toBe(`standard input: 0 accepted, ${lines.length} duplicates, 0 quarantined\n`);
    await expectReports(data, lines);
  });

  it('say one of what is one', async () => {
    await using folder = await temporaryFolder();
    const data = join(folder.path, 'data');
    const [line = ''] = mixedSales(1, { repeats: 0, seed: 4 });
    await runDaybook(['import', '-', '--data', data], line);
    const again = await runDaybook(['import', '-', '--data', data], line);
    expect(again.stdout).toBe('standard input: 0 accepted, 1 duplicate, 0 quarantined\n');
    const out = join(folder.path, 'out');
    const exported = await runDaybook(['export', '--from', '2026-01-01', '--out', out, '--data', data]);
    expect(exported.stdout).toContain(': 1 record, ');
    const doctor = await runDaybook(['doctor', '--data', data, '--port', '0']);
    expect(doctor.stdout).toMatch(/ log: whole: 1 record in 1 segment, \d+ bytes$/m);
  });

  it('import nothing, and make no folder, when one of several files is not there', async () => {
    await using folder = await temporaryFolder();
    const file = await salesFile(folder.path, mixedSales(3, { repeats: 0, seed: 4 }));
    const missing = [join(folder.path, 'jnauary.csv'), join(folder.path, 'march.csv')];
    const call = ['import', file, ...missing, '--data', join(folder.path, 'data')];
    const { code, stdout, stderr } = await runDaybook(call);
    expect([code, stdout]).toEqual([1, '']);
    expect(stderr).toContain(`There are no files ${missing.join(', ')}.`);
    expect(stderr).toContain('None of the files was imported. (IMPORT_FILE_MISSING)');
    expect(await readdir(folder.path)).toEqual([basename(file)]);
  });

  it('say which of several files is none that can be read, and which has no records', async () => {
    await using folder = await temporaryFolder();
    const [empty, wrong] = [join(folder.path, 'empty.ndjson'), join(folder.path, 'wrong.csv')];
    await writeFile(empty, '');
    await writeFile(wrong, 'a;b\n1;2\n');
    const { code, stdout, stderr } = await runDaybook(['import', empty, wrong, '--data', join(folder.path, 'data')]);
    expect([code, stdout]).toEqual([1, `${empty}: there are no records in it\n`]);
    expect(stderr).toContain(`daybook: ${wrong}: The columns are separated by semicolons`);
  });

  it('print nothing of a file that a terminal would act on', async () => {
    await using folder = await temporaryFolder();
    const columns = SUPERSTORE_COLUMNS.map((name) => (name === 'order_date' ? '\u001B[2J' : '1'));
    const table = `${SUPERSTORE_COLUMNS.join(',')}${NEWLINE}${columns.join(',')}${NEWLINE}`;
    const { stdout } = await runDaybook(['import', '-', '--data', join(folder.path, 'data')], table);
    expect(stdout).toContain(String.raw`line 2: column 'order_date' is '\x1b[2J'; `);
    expect(stdout).not.toContain('\u001B');
  });

  it('list what was refused, with its line and the reason', async () => {
    await using folder = await temporaryFolder();
    const [good = ''] = mixedSales(1, { repeats: 0, seed: 5 });
    const broken = Array.from({ length: 7 }, (_, index) =>
      good.replace(/"quantity":\d+/, `"quantity":"${index} pieces"`),
    );
    const file = await salesFile(folder.path, [good, ...broken, 'nonsense']);
    const { code, stdout } = await runDaybook(['import', file, '--data', join(folder.path, 'data')]);
    const lines = stdout.split(NEWLINE);
    expect(code).toBe(0);
    expect(lines[0]).toBe(`${file}: 1 accepted, 0 duplicates, 8 quarantined`);
    expect(lines.slice(1, 6).map((line) => /^ {2}line (\d): .*quantity/.exec(line)?.[1])).toEqual([
      '2',
      '3',
      '4',
      '5',
      '6',
    ]);
    expect(lines[6]).toBe('  and 3 more');
    expect(lines[7]).toMatch(/All of them are kept, those that are alike once: .*\/records/);
  });

  it('count records of a document and rows of Parquet, which have no lines', async () => {
    await using folder = await temporaryFolder();
    const data = join(folder.path, 'data');
    const [good = ''] = mixedSales(1, { repeats: 0, seed: 5 });
    const document = await runDaybook(['import', '-', '--data', data], `[\n${good},\n\n{"ts":1}\n]`);
    expect(document.stdout).toContain('\n  record 2: ');
    const connection = await (await DuckDBInstance.create(':memory:')).connect();
    const row = SUPERSTORE_COLUMNS.map((name) => `'' AS ${name}`).join(', ');
    const file = join(folder.path, 'rows.parquet');
    await connection.run(`COPY (SELECT ${row} FROM range(2)) TO '${file}' (FORMAT parquet)`);
    const rows = await runDaybook(['import', file, '--data', data]);
    expect(rows.stdout).toMatch(/\n {2}row 1: .*\n {2}row 2: /);
  });

  it('end with 1 when a file has nothing that could be taken', async () => {
    await using folder = await temporaryFolder();
    const data = join(folder.path, 'data');
    for (const text of ['\n', '{"ts":1}']) {
      const { code, stdout } = await runDaybook(['import', '-', '--data', data], text);
      expect([code, stdout]).toEqual([1, expect.stringMatching(/no records in it|1 quarantined/)]);
    }
    const [good = ''] = mixedSales(1, { repeats: 0, seed: 5 });
    for (const counted of ['1 accepted', '1 duplicate']) {
      const { code, stdout } = await runDaybook(['import', '-', '--data', data], `${good}\n{"ts":1}`);
      expect([code, stdout]).toEqual([0, expect.stringContaining(counted)]);
    }
  });

  it('write each day’s raw records to a file of its own', async () => {
    await using folder = await temporaryFolder();
    const lines = mixedSales(300, { repeats: 0, seed: 6 });
    const data = join(folder.path, 'data');
    const out = join(folder.path, 'out');
    await runDaybook(['import', await salesFile(folder.path, lines), '--data', data]);
    const { code, stdout } = await runDaybook([
      'export',
      '--from',
      '2026-04-03',
      '--to',
      '2026-04-04',
      '--out',
      out,
      '--format',
      'ndjson',
      '--data',
      data,
    ]);
    expect(code).toBe(0);
    expect(await readdir(out)).toEqual(['2026-04-03.ndjson', '2026-04-04.ndjson']);
    for (const day of ['2026-04-03', '2026-04-04']) {
      const expected = lines.filter((line) => (JSON.parse(line) as { ts: string }).ts.startsWith(day));
      expect((await readFile(join(out, `${day}.ndjson`), 'utf8')).trimEnd().split(NEWLINE)).toEqual(expected);
      expect(stdout).toContain(`${day}.ndjson: ${expected.length} records`);
    }
  });

  it('say until when a day is open', async () => {
    await using folder = await temporaryFolder();
    const data = join(folder.path, 'data');
    const [sale = ''] = mixedSales(1, { repeats: 0, seed: 6 });
    const soldOn = (day: string, key: string): string =>
      JSON.stringify({ ...(JSON.parse(sale) as object), ts_id: key, ts: `${day} 10:00:00`, ts_date: day });
    const exported = async (from: string): Promise<string> => {
      const out = join(folder.path, 'out');
      return (await runDaybook(['export', '--from', from, '--out', out, '--data', data])).stdout.trimEnd();
    };
    const first = soldOn('2026-04-03', '0b7d1a2e-5f1c-4c8e-9d53-2f60a1c3b4d5');
    const seventh = soldOn('2026-04-10', '0b7d1a2e-5f1c-4c8e-9d53-2f60a1c3b4d6');
    await runDaybook(['import', '-', '--data', data], [first, seventh].join(NEWLINE));
    expect((await exported('2026-04-03')).split(NEWLINE)).toEqual([
      expect.stringMatching(/; the day is open until a sale of 2026-04-11 or later has come: export it again then$/),
      expect.stringMatching(/; the day is open until a sale of 2026-04-18 or later has come: export it again then$/),
    ]);
    await runDaybook(['import', '-', '--data', data], soldOn('2026-04-11', '0b7d1a2e-5f1c-4c8e-9d53-2f60a1c3b4d7'));
    expect((await exported('2026-04-03')).split(NEWLINE)[0]).toMatch(/2026-04-03\.parquet: 1 record, \d+ bytes$/);
  });

  it('go through the Daybook that holds the folder', async () => {
    await using folder = await temporaryFolder();
    const lines = mixedSales(500, { repeats: 0.1, seed: 8 });
    const distinct = distinctOf(lines);
    const data = join(folder.path, 'data');
    const out = join(folder.path, 'out');
    const daybook = await startDaybook(data);
    try {
      const file = await salesFile(folder.path, [...lines, 'nonsense']);
      const imported = await runDaybook(['import', file, '--data', data]);
      expect(imported.stderr).toContain(`going through it at ${daybook.url}`);
      expect(imported.stdout).toContain(`${distinct} accepted, ${lines.length - distinct} duplicates, 1 quarantined`);
      expect(imported.stdout).toContain(`  It is kept: see ${daybook.url}/records.\n`);
      expect(imported.stdout).toContain(`line ${lines.length + 1}: `);
      await expectReports(data, lines);
      const exported = await runDaybook([
        'export',
        '--from',
        '2026-04-01',
        '--out',
        out,
        '--format',
        'csv',
        '--data',
        data,
      ]);
      expect(exported.code).toBe(0);
      const files = await Promise.all((await readdir(out)).map((name) => readFile(join(out, name), 'utf8')));
      const rows = files.map((text) => text.trimEnd().split('\r\n').length - 1);
      expect(rows.reduce((sum, count) => sum + count, 0)).toBe(distinct);
    } finally {
      expect(await daybook.stop()).toBe(0);
    }
    await expectReports(data, lines);
  });

  it('give the records of a log that has repeats, of which the first counts', async () => {
    await using folder = await temporaryFolder();
    const [data, out] = [join(folder.path, 'data'), join(folder.path, 'out')];
    const lines = mixedSales(60, { repeats: 0, seed: 3 });
    const altered = JSON.stringify({
      ...(JSON.parse(lines[7] ?? '') as object),
      ts: '2026-04-01 08:00:00',
      ts_date: '2026-04-01',
      revenue: 99,
    });
    const { log } = await openLog(openDisk(data));
    for (const part of [lines.slice(0, 40), [...lines.slice(40), altered, lines[3] ?? '']]) {
      const records = Buffer.from(part.map((line) => line + NEWLINE).join(''));
      const frame = { records, recordCount: part.length, duplicateCount: 0 };
      await log.append({ ...frame, quarantine: new Uint8Array(), quarantineCount: 0 });
    }
    await log.close();
    const refused = await runDaybook(['report', 'daily_pu_rev', '--data', data]);
    expect(refused.stderr).toMatch(/Record 60 in the log .* repeats one before.* --from-log/);
    const exported = await runDaybook(['export', '--from-log', '--out', out, '--data', data]);
    expect(exported.code, exported.stderr).toBe(0);
    const files = (await readdir(out)).map((name) => join(out, name));
    const imported = await runDaybook(['import', ...files, '--data', join(folder.path, 'anew')]);
    expect(imported.code, imported.stderr).toBe(0);
    expect(imported.stdout).not.toMatch(/[1-9]\d* duplicates/);
    await expectReports(join(folder.path, 'anew'), lines);
  });

  it('do not make a folder only to read from it', async () => {
    await using folder = await temporaryFolder();
    const { code, stderr } = await runDaybook(['report', 'daily_pu_rev', '--data', join(folder.path, 'none')]);
    expect([code, stderr]).toEqual([1, expect.stringContaining('(DATA_FOLDER_MISSING)')]);
    expect(await readdir(folder.path)).toEqual([]);
  });
});

describe('doctor', () => {
  it('finds a damaged log and mends it when told to', async () => {
    await using folder = await temporaryFolder();
    const data = join(folder.path, 'data');
    const lines = mixedSales(400, { repeats: 0, seed: 9 });
    for (const part of [lines.slice(0, 200), lines.slice(200)]) {
      await runDaybook(['import', '-', '--data', data], part.join(NEWLINE));
    }
    const logFolder = join(data, 'log');
    const [segment = ''] = await readdir(logFolder);
    const whole = await readFile(join(logFolder, segment));
    const sound = await runDaybook(['doctor', '--data', data, '--port', '0']);
    expect(sound.stdout).toMatch(/^ok +log: whole: 400 records in 1 segment, /m);

    expect(sound.stdout).toMatch(/^ok +checkpoint: checkpoints\/0+400\.checkpoint: whole, at offset 400$/m);
    expect(sound.stdout).toMatch(/^ok +marks of refused records: 0 records put right$/m);

    const file = await open(join(logFolder, segment), 'r+');
    const { size } = await file.stat();
    await file.truncate(size - 5);
    const torn = await runDaybook(['doctor', '--data', data, '--port', '0']);
    expect(torn.stdout).toMatch(/^problem +log: .*--repair.*\(LOG_CORRUPT\)$/m);
    await file.truncate(size);
    await file.write(whole.subarray(size - 5), 0, 5, size - 5);
    await appendFile(join(data, 'quarantine-put-back.ndjson'), 'damage\n');
    const marks = await runDaybook(['doctor', '--data', data, '--port', '0']);
    expect(marks.stdout).toMatch(/^warning +marks of refused records: .*1 line damaged; .*sets the file aside/m);

    await file.write(Buffer.from('damage'), 0, 6, 2000);
    await file.close();
    const damaged = await runDaybook(['doctor', '--data', data, '--port', '0']);
    expect(damaged.code).toBe(1);
    expect(damaged.stdout).toMatch(/^problem +log: .*--repair.*\(LOG_CORRUPT\)$/m);

    const repaired = await runDaybook(['doctor', '--data', data, '--port', '0', '--repair']);
    expect(repaired.stdout).toMatch(/200 records are lost/);
    expect(repaired.stdout).toMatch(/^ok +log: whole/m);
    const out = join(folder.path, 'out');
    await runDaybook(['export', '--from', '2026-04-01', '--out', out, '--format', 'ndjson', '--data', data]);
    const kept = await Promise.all((await readdir(out)).map((name) => readFile(join(out, name), 'utf8')));
    expect(kept.join('').trimEnd().split(NEWLINE).toSorted()).toEqual(lines.slice(200).toSorted());
  });

  it('lets go of what is missing from the end of the log when told to, and keeps the files of days, which have some of it', async () => {
    await using folder = await temporaryFolder();
    const data = join(folder.path, 'data');
    const lines = mixedSales(2000, { repeats: 0, seed: 9 });
    const littleMemory = { DAYBOOK_STATE_MB: '0.02' };
    await runDaybook(['import', '-', '--data', data], lines.slice(0, 200).join(NEWLINE), littleMemory);
    await cp(join(data, 'log'), join(folder.path, 'copy'), { recursive: true });
    await runDaybook(['import', '-', '--data', data], lines.slice(200).join(NEWLINE), littleMemory);
    const files = await readdir(join(data, 'spilled'));
    await rm(join(data, 'log'), { recursive: true });
    await cp(join(folder.path, 'copy'), join(data, 'log'), { recursive: true });

    const refused = await runDaybook(['report', 'daily_pu_rev', '--data', data]);
    expect([refused.code, refused.stderr]).toEqual([
      1,
      expect.stringMatching(/offset 200, .* 2000.*--repair.*\(LOG_SHORTENED\)/),
    ]);
    expect(await readdir(join(data, 'spilled'))).toEqual(files);
    const found = await runDaybook(['doctor', '--data', data, '--port', '0']);
    expect(found.code).toBe(1);
    expect(found.stdout).toMatch(/^problem +log: .*\(LOG_SHORTENED\)$/m);

    const repaired = await runDaybook(['doctor', '--data', data, '--port', '0', '--repair']);
    expect(repaired.stdout).toMatch(/^1800 records are missing from the end of the log/);
    expect(repaired.stdout).toMatch(/kept in log\/spilled\.before-repair, .*daybook import/);
    await expectReports(data, lines.slice(0, 200));
    const kept = join(data, 'log/spilled.before-repair');
    const parquet = (await readdir(kept)).filter((name) => name.endsWith('.parquet')).map((name) => join(kept, name));
    expect((await runDaybook(['import', ...parquet, '--data', data])).code).toBe(0);
    const again = await runDaybook(['import', '-', '--data', data], lines.join(NEWLINE));
    expect(Number(/: (\d+) accepted/.exec(again.stdout)?.[1])).toBeLessThan(1000);
    await expectReports(data, lines);
  });

  it('calls a wrong definition a problem and goes on with the other checks', async () => {
    await using folder = await temporaryFolder();
    await appendFile(join(folder.path, 'wrong.config.ts'), 'export const daybook = 7;\n');
    const { code, stdout } = await runDaybook([
      'doctor',
      '--config',
      join(folder.path, 'wrong.config.ts'),
      '--data',
      join(folder.path, 'data'),
      '--port',
      '0',
    ]);
    expect(code).toBe(1);
    expect(stdout).toMatch(/^problem +definition: .*\(CONFIG_WRONG\)$/m);
    expect(stdout).toMatch(/^ok +Node\.js: 24\./m);
    expect(stdout).toMatch(/^ok +port: /m);
  });
});
