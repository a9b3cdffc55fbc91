import { expect, it } from 'vitest';
import { mixedSales } from '../sales/mixed-sales.ts';
import { startDaybook, temporaryFolder } from '../process/daybook-process.ts';
import { expectReports, post } from '../process/reports-over-http.ts';

const BATCH = 500;

it('20,000 mixed records give exactly the oracle’s reports, before and after a restart, and when sent again', async () => {
  await using folder = await temporaryFolder();
  const lines = mixedSales(20_000, { repeats: 0.02, seed: 3 });
  const distinct = new Set(lines.map((line) => (JSON.parse(line) as { ts_id: string }).ts_id)).size;
  const sendAll = async (url: string): Promise<{ accepted: number; duplicates: number }> => {
    const sum = { accepted: 0, duplicates: 0 };
    for (let at = 0; at < lines.length; at += BATCH) {
      const { status, answer } = await post(url, lines.slice(at, at + BATCH));
      expect([status, answer['quarantined']]).toEqual([200, []]);
      sum.accepted += Number(answer['accepted']);
      sum.duplicates += Number(answer['duplicates']);
    }
    return sum;
  };

  const first = await startDaybook(folder.path);
  expect(await sendAll(first.url)).toEqual({ accepted: distinct, duplicates: lines.length - distinct });
  await expectReports(first.url, lines);
  expect(await first.stop()).toBe(0);

  const second = await startDaybook(folder.path);
  await expectReports(second.url, lines);
  expect(await sendAll(second.url)).toEqual({ accepted: 0, duplicates: lines.length });
  await expectReports(second.url, lines);
  await second.kill();
});
