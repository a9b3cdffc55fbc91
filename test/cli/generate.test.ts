import { readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it, vi } from 'vitest';
import { readSale, reportsOf, rowsOfAnswer } from '../oracle/furniture-store.ts';
import { keyedRows } from '../process/answer-key.ts';
import { runDaybook, startDaybook, temporaryFolder } from '../process/daybook-process.ts';

const DAYS = ['--from', '2026-03-01', '--to', '2026-03-05'];
const FAULTS = ['--duplicates', '0.05', '--late', '0.02', '--corrupt', '0.01', '--seed', '7'];

interface AnswerKey {
  readonly records: {
    readonly sent: number;
    readonly accepted: number;
    readonly duplicates: number;
    readonly quarantined: number;
  };
  readonly reports: Readonly<Record<string, readonly unknown[]>>;
}

describe('generate', () => {
  it('sends sales with faults to a Daybook, whose reports then equal the answer key and the oracle', async () => {
    await using folder = await temporaryFolder();
    const key = join(folder.path, 'key.json');
    const data = join(folder.path, 'data');
    const daybook = await startDaybook(data);
    try {
      const sent = await runDaybook(['generate', ...DAYS, ...FAULTS, '--to-http', daybook.url, '--answer-key', key]);
      expect([sent.code, sent.stdout]).toEqual([0, '']);
      const json = await readFile(key, 'utf8');
      const { records } = JSON.parse(json) as AnswerKey;
      expect(records.duplicates).toBeGreaterThan(0);
      expect(records.quarantined).toBeGreaterThan(0);
      expect(sent.stderr).toContain(`${records.sent} records from 2026-03-01 to 2026-03-05, seed 7`);
      expect(sent.stderr).toContain(
        `${records.accepted} accepted, ${records.duplicates} duplicates, ${records.quarantined} quarantined`,
      );
      const file = await runDaybook(['generate', ...DAYS, '--late', '0.02', '--seed', '7']);
      expect(file.stdout.trimEnd().split('\n')).toHaveLength(records.accepted);
      const oracle = reportsOf(file.stdout.trimEnd().split('\n').map(readSale));
      for (const name of ['daily_pu_rev', 'daily_category_product', 'daily_address']) {
        const { stdout } = await runDaybook(['report', name, '--format', 'json', '--data', data]);
        expect(rowsOfAnswer(stdout)).toEqual(keyedRows(json, name));
        expect(rowsOfAnswer(stdout)).toEqual(oracle[name]);
      }
    } finally {
      await daybook.stop();
    }
  });

  it('gives the same bytes for the same seed, in a file or on standard output, and others for another', async () => {
    await using folder = await temporaryFolder();
    const path = join(folder.path, 'sales.ndjson');
    const [toFile, toStdout, other] = await Promise.all([
      runDaybook(['generate', ...DAYS, ...FAULTS, '--out', path]),
      runDaybook(['generate', ...DAYS, ...FAULTS]),
      runDaybook(['generate', ...DAYS, ...FAULTS, '--seed', '8']),
    ]);
    expect(toFile.code).toBe(0);
    expect(await readFile(path, 'utf8')).toBe(toStdout.stdout);
    expect(other.stdout).not.toBe(toStdout.stdout);
  });

  it('of days that have not come says that they are refused until then', async () => {
    const days = (from: string): string[] => ['generate', '--from', from, '--to', '2999-01-02', '--per-day', '1'];
    const { code, stderr } = await runDaybook(days('2999-01-01'));
    expect([code, stderr]).toEqual([
      0,
      expect.stringMatching(/^Records of days after \d{4}-.*, which is today, are /m),
    ]);
    expect((await runDaybook(['generate', ...DAYS])).stderr).not.toContain('today');
  });

  it('writes over no file unless told to, and over none with nothing in it', async () => {
    await using folder = await temporaryFolder();
    const [sales, key] = [join(folder.path, 'sales.ndjson'), join(folder.path, 'key.json')];
    const call = ['generate', ...DAYS, '--out', sales, '--answer-key', key];
    await Promise.all([writeFile(sales, ''), writeFile(key, 'my own')]);
    const refused = await runDaybook(call);
    expect([refused.code, refused.stderr]).toEqual([
      2,
      `daybook: The file ${key} is there already. Name another, or write over it with --overwrite. (USAGE)\n`,
    ]);
    expect([await readFile(sales, 'utf8'), await readFile(key, 'utf8')]).toEqual(['', 'my own']);
    await writeFile(sales, 'mine, too');
    expect((await runDaybook(call)).stderr).toContain(`The file ${sales} is there already.`);
    expect((await runDaybook([...call, '--overwrite'])).code).toBe(0);
    const { records } = JSON.parse(await readFile(key, 'utf8')) as AnswerKey;
    expect((await readFile(sales, 'utf8')).split('\n')).toHaveLength(records.sent + 1);
    // What is no file of bytes that stay, as a terminal, has nothing to lose.
    const devices = ['--out', '/dev/null', '--answer-key', '/dev/zero'];
    expect((await runDaybook(['generate', ...DAYS, ...devices])).code).toBe(0);
    const one = await runDaybook(['generate', ...DAYS, '--out', sales, '--answer-key', sales, '--overwrite']);
    expect([one.code, one.stderr]).toEqual([2, expect.stringContaining('--out and --answer-key name one file')]);
  });

  it('that is interrupted says so and ends with 1, as its days are not whole', async () => {
    await using folder = await temporaryFolder();
    const path = join(folder.path, 'sales.ndjson');
    const hasBegun = (): Promise<unknown> =>
      vi.waitFor(async () => expect((await stat(path)).size).toBeGreaterThan(0), { timeout: 20_000 });
    const flags = ['--rate', '100', '--out', path];
    const { code, stderr } = await runDaybook(['generate', ...DAYS, ...flags], '', {}, hasBegun);
    expect([code, stderr]).toEqual([1, expect.stringMatching(/^Stopped before the end\.$/m)]);
  });

  it('says at once that nobody answers at the URL, or that the file cannot be written', async () => {
    await using folder = await temporaryFolder();
    const daybook = await startDaybook(join(folder.path, 'data'));
    await daybook.stop();
    const unreachable = await runDaybook(['generate', ...DAYS, '--to-http', daybook.url]);
    expect([unreachable.code, unreachable.stderr]).toEqual([1, expect.stringContaining('(UNREACHABLE)')]);
    const path = join(folder.path, 'none', 'sales.ndjson');
    const noFolder = `daybook: ${path} cannot be written: its folder is not there. Make the folder, or name another file.`;
    for (const flag of ['--out', '--answer-key']) {
      const unwritable = await runDaybook(['generate', ...DAYS, flag, path]);
      expect([unwritable.code, unwritable.stdout, unwritable.stderr]).toEqual([1, '', `${noFolder} (GENERATE_OUT)\n`]);
    }
    const sales = join(folder.path, 'sales.ndjson');
    const keyInFolder = await runDaybook(['generate', ...DAYS, '--out', sales, '--answer-key', folder.path]);
    expect(keyInFolder.stderr).toBe(
      `daybook: ${folder.path} cannot be written: it is a folder. Name a file. (GENERATE_OUT)\n`,
    );
    await expect(stat(sales)).rejects.toThrow('ENOENT');
    const folderItself = await runDaybook(['compile', '--target', 'kafka', '--out', folder.path]);
    expect(folderItself.stderr).toBe(
      `daybook: ${folder.path} cannot be written: it is a folder. Name a file. (COMPILE_OUT)\n`,
    );
  });
});
