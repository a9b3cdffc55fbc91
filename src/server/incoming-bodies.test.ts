import { expect, it } from 'vitest';
import { daybook } from '../../daybook.config.ts';
import { expectReports } from '../../test/process/reports-over-http.ts';
import { mixedSales } from '../../test/sales/mixed-sales.ts';
import { serveEmbedded } from '../../test/server/serve-embedded.ts';
import { makePlan } from '../plan/normalise.ts';
import { scanThread } from '../runtimes/scan-thread.ts';

const BATCHES = 24;
const CLIENTS = 3;

it('large bodies stand in the rooms of those before them, and are read by another thread as they were sent', async () => {
  const scanElsewhere = scanThread(makePlan(daybook));
  await using served = await serveEmbedded({ scanElsewhere });
  await expect.poll(() => scanElsewhere.isReady(), { timeout: 30_000 }).toBe(true);
  const sales = mixedSales(BATCHES * 1_500, { repeats: 0, seed: 11 });
  // Of many sizes: small ones are read at once, where they stand.
  const batches: string[][] = [];
  for (let taken = 0; taken < sales.length; taken += batches.at(-1)?.length ?? 0) {
    batches.push(sales.slice(taken, taken + 1 + ((batches.length * 997) % 3_001)));
  }
  const waiting = batches.values();
  const client = async (): Promise<void> => {
    for (const batch of waiting) {
      const answer = await fetch(`${served.api}/records`, {
        method: 'POST',
        headers: { 'content-type': 'application/x-ndjson' },
        body: batch.join('\n'),
      });
      expect(await answer.json()).toMatchObject({ accepted: batch.length, duplicates: 0, quarantined: [] });
    }
  };
  await Promise.all(Array.from({ length: CLIENTS }, client));
  await expectReports(served.server.url, sales);
});
