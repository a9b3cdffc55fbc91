import { mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { readReports, runDaybook } from './daybook.ts';
import type { BenchContext, Line } from './figure.ts';
import { ratiosOf } from './figure.ts';
import { measureProcess } from './measure-process.ts';
import type { ReportRows } from './report-rows.ts';
import { differenceOf, rowsOfFolder } from './report-rows.ts';
import type { SalesFile } from './sales-file.ts';
import { largest } from './statistics.ts';

/** One way to do it once: how long it took, and in what its reports are wrong. */
export interface Attempt {
  readonly wallMs: number;
  readonly peakBytes?: number | undefined;
  readonly difference?: string | undefined;
}

/** Something that is measured beside the others, run after run. */
export interface Contestant {
  readonly what: string;
  readonly note?: string;
  /** Wrong reports are part of what it is; they are said, and it serves as a yardstick only. */
  readonly mayDiffer?: boolean;
  attempt(): Promise<Attempt>;
}

/**
 * Lets all do the same file, as often as there are runs. The first one is Daybook, which the others are compared with.
 * @throws Error when reports are wrong
 */
export async function contest(
  { runs, say }: BenchContext,
  sales: SalesFile,
  contestants: readonly Contestant[],
): Promise<readonly Line[]> {
  const attempts = new Map(contestants.map((each) => [each, [] as Attempt[]]));
  for (let run = 0; run < runs; run++) {
    for (const each of run % 2 === 0 ? contestants : contestants.toReversed()) {
      const attempt = await each.attempt();
      say(`run ${run + 1} of ${runs}: ${each.what} ${(attempt.wallMs / 1000).toFixed(2)} s`);
      if (attempt.difference !== undefined && each.mayDiffer !== true) {
        throw new Error(`The reports of '${each.what}' are wrong, so its figure does not count: ${attempt.difference}`);
      }
      attempts.get(each)?.push(attempt);
    }
  }
  const rates = (each: Contestant): readonly number[] =>
    (attempts.get(each) ?? []).map(({ wallMs }) => sales.sent / (wallMs / 1000));
  const [daybook, ...others] = contestants;
  if (daybook === undefined) return [];
  const line = (each: Contestant): Line => ({
    what: each.what,
    unit: 'records/s',
    values: rates(each),
    peakBytes: largest((attempts.get(each) ?? []).map(({ peakBytes }) => peakBytes)),
    note: each.note,
  });
  return [line(daybook), ...others.map((each) => ({ ...line(each), ratios: ratiosOf(rates(daybook), rates(each)) }))];
}

/** `daybook import` of the file into a data folder of its own. */
export function daybookImport({ scratchFolder }: BenchContext, sales: SalesFile, right: ReportRows): Contestant {
  return {
    what: 'daybook import',
    note: 'durable, checked, without repeats',
    attempt: async () => {
      const data = await mkdtemp(join(scratchFolder, 'data-'));
      try {
        const measured = await runDaybook(['import', sales.path, '--data', data]);
        return { ...measured, difference: differenceOf(right, await readReports(data)) };
      } finally {
        await rm(data, { recursive: true });
      }
    },
  };
}

/** A rival that leaves its rows in a folder. */
export async function attemptWithRows(
  { scratchFolder }: BenchContext,
  right: ReportRows,
  command: string,
  argsFor: (rows: string) => readonly string[],
): Promise<Attempt> {
  const rows = await mkdtemp(join(scratchFolder, 'rows-'));
  try {
    const measured = await measureProcess(command, argsFor(rows));
    return { ...measured, difference: differenceOf(right, await rowsOfFolder(rows)) };
  } finally {
    await rm(rows, { recursive: true });
  }
}
