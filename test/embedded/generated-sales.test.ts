import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { rowsOfAnswer } from '../oracle/furniture-store.ts';
import { runDaybook, temporaryFolder } from '../process/daybook-process.ts';

const REPORTS = ['daily_pu_rev', 'daily_category_product', 'daily_address'];
const FLAGS = [
  '--from',
  '2026-01-01',
  '--to',
  '2026-01-20',
  '--per-day',
  '400',
  '--seed',
  '5',
  '--duplicates',
  '0.05',
  '--late',
  '0.02',
  '--corrupt',
  '0.01',
];

async function run(...args: readonly string[]): Promise<string> {
  const { code, stdout, stderr } = await runDaybook(args);
  expect(code, stderr).toBe(0);
  return stdout;
}

/** Numbers as the texts that stand in the JSON. */
function exactly(json: string): unknown {
  return JSON.parse(json, (_key, value: unknown, context?: { readonly source: string }) =>
    typeof value === 'number' ? context?.source : value,
  );
}

it('generated sales with repeats, late and broken ones give exactly the reports of their answer key', async () => {
  await using folder = await temporaryFolder();
  const [sales, again, key] = ['sales.ndjson', 'again.ndjson', 'key.json'].map((name) => join(folder.path, name)) as [
    string,
    string,
    string,
  ];
  const data = ['--data', join(folder.path, 'data')];
  await run('generate', ...FLAGS, '--out', sales, '--answer-key', key);
  await run('generate', ...FLAGS, '--out', again);
  expect((await readFile(again)).equals(await readFile(sales))).toBe(true);

  const answer = exactly(await readFile(key, 'utf8')) as {
    readonly records: Readonly<Record<string, string>>;
    readonly reports: Readonly<Record<string, readonly object[]>>;
  };
  const { accepted, duplicates, quarantined } = answer.records;
  expect([accepted, duplicates, quarantined].every((count) => Number(count) > 50)).toBe(true);
  expect(await run('import', sales, ...data)).toContain(
    `: ${accepted} accepted, ${duplicates} duplicates, ${quarantined} quarantined`,
  );
  for (const name of REPORTS) {
    const rows = rowsOfAnswer(await run('report', name, '--format', 'json', ...data));
    const expected = rowsOfAnswer(JSON.stringify({ rows: answer.reports[name] }));
    expect(rows).toEqual(expected);
    expect(rows?.length).toBeGreaterThan(0);
  }
});
