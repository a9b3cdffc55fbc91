import { JsonSplitter } from '../../base/json-splitter.ts';
import type { JsonValue } from '../../base/json-splitter.ts';
import type { Batch } from './batches.ts';
import { BATCH_BYTES, BatchBuilder } from './batches.ts';
import { LINE_BYTES_MAX, lineTooLong } from './line-blocks.ts';

/**
 * Batches of a JSON file that is not NDJSON: one array of records, or records printed over several lines. Each record's
 * bytes go through as they are, on one line: no number is read, so that none loses a digit. A record's line number is
 * its position among the records, as an array may be all on one line.
 * @throws DaybookError `IMPORT_LINE_TOO_LONG` when a record is larger than a line may be
 */
export async function* jsonDocumentBatches(
  chunks: AsyncIterable<Uint8Array>,
  batchBytes: number = BATCH_BYTES,
): AsyncGenerator<Batch> {
  const builder = new BatchBuilder('latin1', batchBytes);
  const splitter = new JsonSplitter();
  let position = 0;
  const add = (value: JsonValue): void => {
    position++;
    if (value.fault === undefined)
      builder.add(
        position,
        Buffer.from(value.bytes.buffer, value.bytes.byteOffset, value.bytes.length).toString('latin1'),
      );
    else {
      builder.addUnreadable({ line: position, record: value.bytes, code: 'NOT_JSON', reason: value.fault });
    }
  };
  for await (const chunk of chunks) {
    for (const value of splitter.split(chunk)) {
      add(value);
      if (builder.isFull) yield builder.take();
    }
    if (splitter.heldBytes > LINE_BYTES_MAX) throw lineTooLong(position + 1, LINE_BYTES_MAX);
  }
  const last = splitter.end();
  if (last !== undefined) add(last);
  if (!builder.isEmpty) yield builder.take();
}
