import { JsonSplitter } from '../../base/json-splitter.ts';
import type { JsonValue } from '../../base/json-splitter.ts';
import type { Batch } from './batches.ts';
import { BATCH_BYTES, BatchBuilder, cutRecord, START_BYTES, startOf, WHOLE_BYTES_MAX } from './batches.ts';

/**
 * Batches of a JSON file that is not NDJSON: one array of records, or records printed over several lines. Each record's
 * bytes go through as they are, on one line: no number is read, so that none loses a digit. A record's line number is
 * its position among the records, as an array may be all on one line. Of a record above `WHOLE_BYTES_MAX` the start goes
 * through alone.
 */
export async function* jsonDocumentBatches(
  chunks: AsyncIterable<Uint8Array>,
  batchBytes: number = BATCH_BYTES,
): AsyncGenerator<Batch> {
  const builder = new BatchBuilder('latin1', batchBytes);
  // A character more, which tells whether the last one is whole.
  const splitter = new JsonSplitter({ bytesMax: WHOLE_BYTES_MAX, startBytes: START_BYTES + 1 });
  let position = 0;
  const add = (value: JsonValue): void => {
    position++;
    if (value.length > value.bytes.length) {
      builder.addUnreadable(cutRecord(position, startOf(value.bytes), value.length));
    } else if (value.fault === undefined) {
      builder.add(
        position,
        Buffer.from(value.bytes.buffer, value.bytes.byteOffset, value.bytes.length).toString('latin1'),
      );
    } else {
      builder.addUnreadable({ line: position, record: value.bytes, code: 'NOT_JSON', reason: value.fault });
    }
  };
  try {
    for await (const chunk of chunks) {
      for (const value of splitter.split(chunk)) {
        // A large one goes alone: with others it may be more than a request to a running Daybook holds.
        if (value.bytes.length > batchBytes && !builder.isEmpty) yield builder.take();
        add(value);
        if (builder.isFull) yield builder.take();
      }
    }
  } catch (error) {
    // What is before a fault counts.
    if (!builder.isEmpty) yield builder.take();
    throw error;
  }
  const last = splitter.end();
  if (last !== undefined) {
    if (!builder.isEmpty) yield builder.take();
    add(last);
  }
  if (!builder.isEmpty) yield builder.take();
}
