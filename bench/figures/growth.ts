import { mkdtemp, readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { ServerProcess } from '../daybook.ts';
import { runDaybook, startDaybook } from '../daybook.ts';
import type { BenchContext, Figure, Line } from '../figure.ts';
import { measureProcess } from '../measure-process.ts';
import type { TemporarySales } from '../sales-file.ts';
import { requireFreeBytes, salesBytes, temporarySales } from '../sales-file.ts';
import { largest, median } from '../statistics.ts';

/** About a million records each 30 days. */
const DAYS = [30, 90];
const DAYS_FULL = [30, 300, 900];
/** What is posted before the server is killed. */
const TAIL_DAYS = 4;
const TAIL_RECORDS = 100_000;
const TAIL_BATCH_RECORDS = 500;
const TAIL_CONNECTIONS = 2;
const POST_RECORDS = join(import.meta.dirname, '../load/post-records.ts');

interface Growth {
  readonly perSecond: number;
  readonly importPeakBytes: number | undefined;
  readonly bytesPerRecord: number;
  readonly restartMs: number;
  readonly restartPeakBytes: number | undefined;
  readonly restartAfterKillMs: number;
}

export const growth: Figure = {
  name: 'growth',
  title: 'Growth: more records over more days',
  method:
    'About 33,333 records a day with 1 % repeats, in the order of their days, imported from a file into an empty data ' +
    'folder: records a second of the whole process; the bytes of the data folder; how long `daybook start` takes until ' +
    'it is ready, after a clean end, and after a `kill -9` when ' +
    `${TAIL_RECORDS.toLocaleString('en-US')} more records were posted. With \`--full\` 1, 10 and 30 million records.`,
  run: async (context) => {
    const lines: Line[] = [];
    let smallest: readonly Growth[] | undefined;
    for (const days of context.full ? DAYS_FULL : DAYS) {
      const runs = await measureSize(context, days);
      smallest ??= runs;
      lines.push(...linesOf(days, runs, smallest));
    }
    return { lines, versions: {} };
  },
};

async function measureSize(context: BenchContext, days: number): Promise<readonly Growth[]> {
  const { runs, scratchFolder, say } = context;
  // The file, the log, and a checkpoint that is being written beside the one before it.
  await requireFreeBytes(scratchFolder, salesBytes(days) * 2.5);
  await using sales = await temporarySales(scratchFolder, { days, seed: 1 }, say);
  // Another seed, other primary keys.
  await using tail = await temporarySales(scratchFolder, { days: TAIL_DAYS, seed: 2 }, say);
  const measured: Growth[] = [];
  for (let run = 0; run < runs; run++) {
    measured.push(await measureOnce(scratchFolder, sales, tail));
    const perSecond = Math.round(measured.at(-1)?.perSecond ?? 0).toLocaleString('en-US');
    say(`run ${run + 1} of ${runs}: ${days} days, ${perSecond} records/s`);
  }
  return measured;
}

/** @throws Error when a record is missing */
async function measureOnce(scratchFolder: string, sales: TemporarySales, tail: TemporarySales): Promise<Growth> {
  const data = await mkdtemp(join(scratchFolder, 'data-'));
  try {
    const { wallMs, peakBytes, stdout } = await runDaybook(['import', sales.path, '--data', data]);
    const counts = /: (\d+) accepted, (\d+) duplicates, 0 quarantined$/.exec(stdout.join('\n'))?.slice(1).map(Number);
    const [accepted = 0, duplicates = 0] = counts ?? [];
    if (accepted + duplicates !== sales.sent) {
      throw new Error(`Of ${sales.sent} records these were imported: ${stdout.join(' ')}`);
    }
    const bytes = await bytesOf(data);
    const restarted = await startDaybook(data);
    await postTail(restarted, tail);
    await restarted.kill();
    const again = await startDaybook(data);
    await again.stop();
    return {
      perSecond: sales.sent / (wallMs / 1000),
      importPeakBytes: peakBytes,
      bytesPerRecord: bytes / accepted,
      restartMs: restarted.readyMs,
      restartPeakBytes: restarted.readyPeakBytes,
      restartAfterKillMs: again.readyMs,
    };
  } finally {
    await rm(data, { recursive: true });
  }
}

async function postTail(server: ServerProcess, tail: TemporarySales): Promise<void> {
  try {
    const load = [TAIL_RECORDS, TAIL_BATCH_RECORDS, TAIL_CONNECTIONS].map(String);
    await measureProcess(process.execPath, [POST_RECORDS, server.url, tail.path, ...load]);
  } catch (error) {
    await server.stop();
    throw error;
  }
}

async function bytesOf(folder: string): Promise<number> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile());
  const sizes = await Promise.all(files.map(async ({ parentPath, name }) => (await stat(join(parentPath, name))).size));
  return sizes.reduce((sum, size) => sum + size, 0);
}

function linesOf(days: number, runs: readonly Growth[], smallest: readonly Growth[]): readonly Line[] {
  const share = runs.map(({ perSecond }, run) => perSecond / (smallest[run]?.perSecond ?? perSecond));
  const values = (of: (run: Growth) => number): readonly number[] => runs.map(of);
  return [
    {
      what: `daybook import, ${days} days`,
      unit: 'records/s',
      values: values(({ perSecond }) => perSecond),
      peakBytes: largest(runs.map(({ importPeakBytes }) => importPeakBytes)),
      note: runs === smallest ? '' : `${median(share).toFixed(2)} of the rate at ${DAYS[0]} days`,
    },
    { what: `on the disk, ${days} days`, unit: 'bytes/record', values: values(({ bytesPerRecord }) => bytesPerRecord) },
    {
      what: `ready again, ${days} days`,
      unit: 'ms',
      values: values(({ restartMs }) => restartMs),
      peakBytes: largest(runs.map(({ restartPeakBytes }) => restartPeakBytes)),
    },
    {
      what: `ready again after kill -9, ${days} days`,
      unit: 'ms',
      values: values(({ restartAfterKillMs }) => restartAfterKillMs),
      note: `${TAIL_RECORDS.toLocaleString('en-US')} records behind the checkpoint`,
    },
  ];
}
