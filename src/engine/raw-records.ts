import type { Plan } from '../plan/plan.ts';
import type { Log } from '../ports/log.ts';
import { makeDictionaries } from '../record/dictionaries.ts';
import { Scanner } from '../record/scanner.ts';

/** Chunks are at least this long, but for the last, so that readers are not woken for every record. */
const CHUNK_BYTES = 256 * 1024;

/** The log's records whose business day lies between two days (both included), in log order, as chunks of whole lines. */
export async function* recordsBetween(log: Log, plan: Plan, from: number, to: number): AsyncGenerator<Uint8Array> {
  // No report, no interning: only the business day is wanted.
  const bare: Plan = { ...plan, reports: [] };
  const scanner = new Scanner(bare, makeDictionaries(bare));
  let chunks: Uint8Array[] = [];
  let size = 0;
  for await (const frame of log.read()) {
    const { columns } = scanner.scan(frame.records, 1);
    for (let record = 0; record < columns.count; record++) {
      const day = columns.days[record] as number;
      if (day < from || day > to) continue;
      // Behind each record stands its line feed. A copy, as the frame's bytes are the log's to use again.
      const line = new Uint8Array(columns.bytes.subarray(columns.starts[record], (columns.ends[record] as number) + 1));
      chunks.push(line);
      size += line.length;
      if (size < CHUNK_BYTES) continue;
      yield Buffer.concat(chunks, size);
      chunks = [];
      size = 0;
    }
  }
  if (size > 0) yield Buffer.concat(chunks, size);
}
