import { mkdtemp, open, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { ServerProcess } from '../daybook.ts';
import { startDaybook, startServer } from '../daybook.ts';
import type { BenchContext, Figure, Line, Outcome } from '../figure.ts';
import { ratiosOf } from '../figure.ts';
import { batchesOf } from '../load/batches.ts';
import type { Posted } from '../load/post-records.ts';
import { measureProcess } from '../measure-process.ts';
import type { SalesFile } from '../sales-file.ts';
import { salesFile } from '../sales-file.ts';
import { largest, median } from '../statistics.ts';
import { numberText } from '../table.ts';

const IDLE_SERVER = join(import.meta.dirname, '../rivals/idle-server.ts');
const POST_RECORDS = join(import.meta.dirname, '../load/post-records.ts');

/** How records are sent. */
interface Load {
  readonly name: string;
  readonly records: number;
  readonly batchRecords: number;
  readonly connections: number;
}

const LOADS: readonly Load[] = [
  { name: 'batches of 500 on 2 connections', records: 1_000_000, batchRecords: 500, connections: 2 },
  { name: 'batches of 1 on 64 connections', records: 100_000, batchRecords: 1, connections: 64 },
];

interface Sending {
  readonly perSecond: number;
  readonly posted: Posted;
  readonly peakBytes: number | undefined;
}

export const ingest: Figure = {
  name: 'ingest',
  title: 'HTTP: records a second, each answered after its fsync',
  method:
    'A real `daybook start` over an empty data folder, and a load generator in a process of its own, on the same machine; ' +
    'connections stay open, each sends its next batch when the last one is answered. Beside it the same server over a ' +
    'runtime that reads each request whole and answers at once: the share that is left is what checking, writing, syncing ' +
    'and the reports cost. And the disk alone: as many records as all connections can have under way, appended to a file ' +
    'and synced, again and again. One after the other in each run.',
  run: async (context) => {
    const sales = await salesFile(context.keepFolder, context.say);
    const lines: Line[] = [];
    for (const load of LOADS) lines.push(...(await measureLoad(context, sales, load)));
    return { lines, versions: {} } satisfies Outcome;
  },
};

async function measureLoad(context: BenchContext, sales: SalesFile, load: Load): Promise<readonly Line[]> {
  const ours: Sending[] = [];
  const theirs: Sending[] = [];
  const disk: number[] = [];
  for (let run = 0; run < context.runs; run++) {
    ours.push(await sendToDaybook(context, sales, load));
    theirs.push(await sendTo(await startServer([IDLE_SERVER]), sales, load));
    disk.push(await appendDurably(context, sales, load));
    context.say(
      `run ${run + 1} of ${context.runs}: ${load.name}: ${rate(ours.at(-1))} records/s, the idle server ${rate(theirs.at(-1))}`,
    );
  }
  const perSecond = (sendings: readonly Sending[]): readonly number[] => sendings.map((sending) => sending.perSecond);
  return [
    lineOf(`daybook start, ${load.name}`, ours),
    { ...lineOf(`the same server, idle, ${load.name}`, theirs), ratios: ratiosOf(perSecond(ours), perSecond(theirs)) },
    {
      what: `the disk alone, ${load.connections * load.batchRecords} records a sync`,
      unit: 'records/s',
      values: disk,
      ratios: ratiosOf(perSecond(ours), disk),
      note: 'appended to a file, with fdatasync, one after the other',
    },
  ];
}

function lineOf(what: string, sendings: readonly Sending[]): Line {
  const answerMs = (of: (posted: Posted) => number): string =>
    numberText(median(sendings.map(({ posted }) => of(posted))));
  return {
    what,
    unit: 'records/s',
    values: sendings.map(({ perSecond }) => perSecond),
    peakBytes: largest(sendings.map(({ peakBytes }) => peakBytes)),
    note: `answered in ${answerMs((posted) => posted.answerP50Ms)} ms, p99 ${answerMs((posted) => posted.answerP99Ms)} ms`,
  };
}

async function appendDurably({ scratchFolder }: BenchContext, sales: SalesFile, load: Load): Promise<number> {
  const path = join(scratchFolder, 'appended.ndjson');
  const groups = await batchesOf(sales.path, load.records, load.connections * load.batchRecords);
  const file = await open(path, 'a');
  try {
    const startMs = performance.now();
    for (const group of groups) {
      await file.write(group);
      await file.datasync();
    }
    return load.records / ((performance.now() - startMs) / 1000);
  } finally {
    await file.close();
    await rm(path);
  }
}

function rate(sending: Sending | undefined): string {
  return Math.round(sending?.perSecond ?? 0).toLocaleString('en-US');
}

/** @throws Error when a record that was answered is missing, or counted twice */
async function sendToDaybook({ scratchFolder }: BenchContext, sales: SalesFile, load: Load): Promise<Sending> {
  const data = await mkdtemp(join(scratchFolder, 'data-'));
  try {
    const server = await startDaybook(data);
    return await sendTo(server, sales, load, async ({ accepted, duplicates, quarantined }) => {
      const status = (await (await fetch(`${server.url}/api/v1/pipeline`)).json()) as Record<string, unknown>;
      if (accepted + duplicates === load.records && quarantined === 0 && status['accepted'] === accepted) return;
      throw new Error(
        `Of ${load.records} records ${accepted} were accepted, ${duplicates} repeated and ${quarantined} refused; ` +
          `Daybook has ${String(status['accepted'])}.`,
      );
    });
  } finally {
    await rm(data, { recursive: true });
  }
}

async function sendTo(
  server: ServerProcess,
  sales: SalesFile,
  { records, batchRecords, connections }: Load,
  check: (posted: Posted) => Promise<void> = () => Promise.resolve(),
): Promise<Sending> {
  try {
    const args = [POST_RECORDS, server.url, sales.path, ...[records, batchRecords, connections].map(String)];
    const { stdout } = await measureProcess(process.execPath, args);
    const posted = JSON.parse(stdout.join('')) as Posted;
    await check(posted);
    return { perSecond: records / (posted.wallMs / 1000), posted, peakBytes: await server.peakBytes() };
  } finally {
    await server.stop();
  }
}
