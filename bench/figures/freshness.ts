import { mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { startDaybook, startServer } from '../daybook.ts';
import type { BenchContext, Figure, Line } from '../figure.ts';
import type { Freshness } from '../load/freshness.ts';
import { measureProcess } from '../measure-process.ts';
import type { SalesFile } from '../sales-file.ts';
import { salesFile } from '../sales-file.ts';
import { largest, median } from '../statistics.ts';

const SECONDS = 10;
const CROWD = join(import.meta.dirname, '../load/crowd.ts');
const FRESHNESS = join(import.meta.dirname, '../load/freshness.ts');
/** Less than this share of the wanted rate is said. */
const RATE_SHARE_MIN = 0.97;

interface Setting {
  readonly perSecond: number;
  readonly clients: number;
}

const SETTINGS: readonly Setting[] = [
  { perSecond: 1_000, clients: 1 },
  { perSecond: 1_000, clients: 200 },
  { perSecond: 50_000, clients: 1 },
  { perSecond: 50_000, clients: 200 },
];

interface Run extends Freshness {
  readonly peakBytes: number | undefined;
}

export const freshness: Figure = {
  name: 'freshness',
  title: 'Freshness: from the answer to the new numbers',
  method:
    `A real \`daybook start\` over an empty data folder. Records are posted for ${SECONDS} seconds, 200 batches a second ` +
    'whatever was answered so far, and a client of the same process listens to `GET /api/v1/frames`: measured is the time ' +
    'from the last byte of an answer to the last byte of the first frame that has its records, unpacked. The other clients listen ' +
    'in a process of their own on the same machine. All take frames packed with gzip, as browsers do. The value is the 99th percentile of all batches of a run.',
  run: async (context) => {
    const sales = await salesFile(context.keepFolder, context.say);
    const lines: Line[] = [];
    for (const setting of SETTINGS) {
      const runs: Run[] = [];
      for (let run = 0; run < context.runs; run++) runs.push(await measureOnce(context, sales, setting));
      lines.push(lineOf(setting, runs));
      context.say(`${lines.at(-1)?.what}: p99 ${runs.map(({ p99Ms }) => p99Ms.toFixed(0)).join(', ')} ms`);
    }
    return { lines, versions: {} };
  },
};

function lineOf({ perSecond, clients }: Setting, runs: readonly Run[]): Line {
  const middle = (of: (run: Run) => number): number => median(runs.map(of));
  const rate = middle(({ recordsPerSecond }) => recordsPerSecond);
  const rereads = middle(({ frames, rereads }) => rereads / frames);
  return {
    what: `p99 at ${perSecond.toLocaleString('en-US')} records/s, ${clients} ${clients === 1 ? 'client' : 'clients'}`,
    unit: 'ms',
    values: runs.map(({ p99Ms }) => p99Ms),
    peakBytes: largest(runs.map(({ peakBytes }) => peakBytes)),
    note: [
      `p50 ${middle(({ p50Ms }) => p50Ms).toFixed(1)} ms, p99.9 ${middle(({ p999Ms }) => p999Ms).toFixed(1)} ms`,
      ...(rate < perSecond * RATE_SHARE_MIN
        ? [`only ${Math.round(rate).toLocaleString('en-US')} records/s were taken`]
        : []),
      ...(rereads > 0 ? [`${(rereads * 100).toFixed(0)} % of the frames say that a report should be read again`] : []),
    ].join('; '),
  };
}

async function measureOnce({ scratchFolder }: BenchContext, sales: SalesFile, setting: Setting): Promise<Run> {
  const { perSecond, clients } = setting;
  const data = await mkdtemp(join(scratchFolder, 'data-'));
  const server = await startDaybook(data);
  try {
    const crowd = await startServer([CROWD, server.url, String(clients - 1)]);
    try {
      const args = [FRESHNESS, server.url, sales.path, String(perSecond), String(SECONDS)];
      const { stdout } = await measureProcess(process.execPath, args);
      return { ...(JSON.parse(stdout.join('')) as Freshness), peakBytes: await server.peakBytes() };
    } finally {
      await crowd.stop();
    }
  } finally {
    await server.stop();
    await rm(data, { recursive: true });
  }
}
