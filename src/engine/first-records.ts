import type { Plan } from '../plan/plan.ts';
import type { Log } from '../ports/log.ts';
import type { RecordColumns } from '../record/columns.ts';
import { Scanner } from '../record/scanner.ts';
import { otherDefinition } from './log-other-definition.ts';
import { EngineState } from './state.ts';

/**
 * The log's records in log order, of those with one primary key the first alone, as chunks of whole lines: for a log that
 * an engine does not take in because it has repeats. All keys are held in memory.
 * @throws DaybookError `LOG_OTHER_DEFINITION` when a record is none by the plan
 */
export async function* firstRecords(log: Log, plan: Plan): AsyncGenerator<Uint8Array> {
  const { dictionaries, keys } = new EngineState(plan);
  const scanner = new Scanner(plan, dictionaries);
  for await (const frame of log.read()) {
    const { columns, refused } = scanner.scan(frame.records, 1);
    const first = refused[0];
    if (first !== undefined) throw otherDefinition(frame, first.line - 1, first.refusal.reason);
    const { picked } = keys.claim(columns);
    keys.keep(picked.length);
    // A copy, as the frame's bytes are the log's to use again.
    if (picked.length > 0) yield Buffer.concat(linesOf(columns, picked));
  }
}

function linesOf({ bytes, starts, ends }: RecordColumns, records: Int32Array): readonly Uint8Array[] {
  // Behind each record stands its line feed.
  return Array.from(records, (record) => bytes.subarray(starts[record], (ends[record] as number) + 1));
}
