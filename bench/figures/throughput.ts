import { version } from '@duckdb/node-api';
import { copyFile, open, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Attempt, Contestant } from '../contest.ts';
import { attemptWithRows, contest, daybookImport } from '../contest.ts';
import type { BenchContext, Figure, Outcome } from '../figure.ts';
import { measureProcess } from '../measure-process.ts';
import type { ReportRows } from '../report-rows.ts';
import type { SalesFile } from '../sales-file.ts';
import { salesFile } from '../sales-file.ts';

const RIVALS = join(import.meta.dirname, '../rivals');

export const throughput: Figure = {
  name: 'throughput',
  title: 'Throughput: a file of 1,000,000 records to three reports',
  method:
    'One file of NDJSON, 30 days, 1 % repeats, every second one altered; read once before, so that it is in the page cache. ' +
    '`daybook import` is the whole process from its start to its end, into an empty data folder: everything is durable, ' +
    "repeats are dropped, the first one counts. DuckDB's batch is a process of its own, in memory, with 2 threads, from its " +
    'start until the three tables are there. One after the other, in each run in the opposite order. All rows of all ' +
    'reports are compared with the answer key of the generator in each run.',
  run: runThroughput,
};

async function runThroughput(context: BenchContext): Promise<Outcome> {
  const sales = await salesFile(context.keepFolder, context.say);
  const right = await sales.rows();
  await measureProcess(process.execPath, [join(RIVALS, 'json-parse.ts'), sales.path]);
  const lines = await contest(context, sales, [
    daybookImport(context, sales, right),
    duckdb(context, sales, right, 'first'),
    duckdb(context, sales, right, 'any'),
    {
      what: 'JSON.parse alone',
      note: 'one thread, nothing else done',
      attempt: () => measureProcess(process.execPath, [join(RIVALS, 'json-parse.ts'), sales.path]),
    },
    {
      what: 'copying the file, with fsync',
      note: `${Math.round(sales.bytes / 1e6)} MB`,
      attempt: () => copyDurably(context, sales),
    },
  ]);
  return { lines, versions: { DuckDB: version().replace(/^v/, '') } };
}

function duckdb(context: BenchContext, sales: SalesFile, right: ReportRows, repeats: 'first' | 'any'): Contestant {
  return {
    what: repeats === 'first' ? "DuckDB's batch" : "DuckDB's batch, distinct on",
    note:
      repeats === 'first'
        ? '2 threads, in memory; the first of equal keys counts'
        : '2 threads, in memory; any of equal keys counts, so its totals are others in each run',
    mayDiffer: repeats === 'any',
    attempt: () =>
      attemptWithRows(context, right, process.execPath, (rows) => [
        join(RIVALS, 'duckdb.ts'),
        sales.path,
        rows,
        repeats,
      ]),
  };
}

async function copyDurably({ scratchFolder }: BenchContext, sales: SalesFile): Promise<Attempt> {
  const copy = join(scratchFolder, 'copy.ndjson');
  const startMs = performance.now();
  await copyFile(sales.path, copy);
  const file = await open(copy, 'r+');
  try {
    await file.sync();
    return { wallMs: performance.now() - startMs };
  } finally {
    await file.close();
    await rm(copy);
  }
}
