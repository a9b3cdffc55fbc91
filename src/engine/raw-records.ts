import type { Plan } from '../plan/plan.ts';
import type { Log } from '../ports/log.ts';
import type { RecordColumns } from '../record/columns.ts';
import { dayScanner } from '../record/day-scanner.ts';

/** The log's records whose business day lies between two days (both included), in log order, as chunks of whole lines. */
export async function* recordsBetween(log: Log, plan: Plan, from: number, to: number): AsyncGenerator<Uint8Array> {
  const scanner = dayScanner(plan);
  for await (const frame of log.read()) {
    const runs = runsBetween(scanner.scan(frame.records, 1).columns, from, to);
    // A copy, as the frame's bytes are the log's to use again.
    if (runs.length > 0) yield Buffer.concat(runs);
  }
}

/** The lines of records that lie between two days; those that stand together are one view. */
function runsBetween(columns: RecordColumns, from: number, to: number): readonly Uint8Array[] {
  const runs: Uint8Array[] = [];
  const { bytes, days, starts, ends, count } = columns;
  for (let record = 0; record < count;) {
    const first = record;
    while (record < count && (days[record] as number) >= from && (days[record] as number) <= to) record++;
    // Behind each record stands its line feed.
    if (record > first) runs.push(bytes.subarray(starts[first], (ends[record - 1] as number) + 1));
    else record++;
  }
  return runs;
}
