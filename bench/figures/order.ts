import { mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Contestant } from '../contest.ts';
import { contest } from '../contest.ts';
import { readReports, runDaybook } from '../daybook.ts';
import type { BenchContext, Figure, Outcome } from '../figure.ts';
import type { ReportRows } from '../report-rows.ts';
import { differenceOf } from '../report-rows.ts';
import { yearsOfSales } from '../sales-file.ts';
import { shuffleSales } from '../shuffle-lines.ts';

/** The state that the keys of a million records do not fit in, so that nearly all days are on the disk. */
const STATE_MB = 24;

export const order: Figure = {
  name: 'order',
  title: 'Order: four years of sales in any order',
  method:
    'A file of about 1,000,000 records of 1,461 days with 1 % repeats, and the same lines in any order, imported as in the ' +
    `throughput, with a budget of ${STATE_MB} MB for the state (\`--state-mb ${STATE_MB}\`) so that the keys of most days are on the ` +
    'disk, where each record is looked up; most of the time goes into the files of the days, which both write at their end. All rows of all reports are compared with the answer key in each run.',
  run: runOrder,
};

async function runOrder(context: BenchContext): Promise<Outcome> {
  const sales = await yearsOfSales(context.keepFolder, context.say);
  const right = await sales.rows();
  const shuffledPath = join(context.scratchFolder, 'shuffled.ndjson');
  await shuffleSales(sales.path, shuffledPath);
  const lines = await contest(context, sales, [
    importOf(context, 'in any order', shuffledPath, right),
    importOf(context, 'in the order of their days', sales.path, right),
  ]);
  await rm(shuffledPath);
  return { lines, versions: {} };
}

function importOf({ scratchFolder }: BenchContext, how: string, path: string, right: ReportRows): Contestant {
  return {
    what: `daybook import, ${how}`,
    attempt: async () => {
      const data = await mkdtemp(join(scratchFolder, 'data-'));
      try {
        const measured = await runDaybook(['import', path, '--data', data, '--state-mb', String(STATE_MB)]);
        return { ...measured, difference: differenceOf(right, await readReports(data)) };
      } finally {
        await rm(data, { recursive: true });
      }
    },
  };
}
