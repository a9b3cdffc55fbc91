import { readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { readSale, reportsOf, rowsOfAnswer } from '../oracle/furniture-store.ts';
import { runDaybook, temporaryFolder } from '../process/daybook-process.ts';
import { mixedSales } from '../sales/mixed-sales.ts';

const REPORTS = ['daily_pu_rev', 'daily_category_product', 'daily_address'];
/** 30 days, of which the newest 8 are open. */
const CLOSED_DAYS = 22;

it('a file of mixed days is imported exactly with hardly any memory for the state, and changes nothing a second time', async () => {
  await using folder = await temporaryFolder();
  const lines = mixedSales(6_000, { repeats: 0.1, seed: 12 });
  const distinct = new Set(lines.map((line) => (JSON.parse(line) as { ts_id: string }).ts_id)).size;
  const file = join(folder.path, 'sales.ndjson');
  await writeFile(file, lines.join('\n'));
  const root = join(folder.path, 'data');
  const expected = reportsOf(lines.map(readSale));
  for (const accepted of [distinct, 0]) {
    const imported = await runDaybook(['import', file, '--data', root], '', { DAYBOOK_STATE_MB: '0.05' });
    expect(imported.code, imported.stderr).toBe(0);
    expect(imported.stdout).toContain(`: ${accepted} accepted, ${lines.length - accepted} duplicates, 0 quarantined`);
    expect((await readdir(join(root, 'keys'))).length).toBeGreaterThan(0);
    expect((await readdir(join(root, 'spilled'))).filter((name) => name.endsWith('.parquet'))).toHaveLength(
      CLOSED_DAYS,
    );
    for (const name of REPORTS) {
      const report = await runDaybook(['report', name, '--format', 'json', '--data', root]);
      expect(rowsOfAnswer(report.stdout)).toEqual(expected[name]);
    }
  }
});
