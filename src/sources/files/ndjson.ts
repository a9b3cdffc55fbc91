import type { Batch } from './batches.ts';
import { BATCH_BYTES } from './batches.ts';
import { countRecords, lineBlocks, withoutCarriageReturns } from './line-blocks.ts';

/**
 * Batches of an NDJSON file. Its bytes go through as they are, but for carriage returns before line feeds.
 * @throws DaybookError `IMPORT_LINE_TOO_LONG`
 */
export async function* ndjsonBatches(
  chunks: AsyncIterable<Uint8Array>,
  batchBytes: number = BATCH_BYTES,
): AsyncGenerator<Batch> {
  for await (const block of lineBlocks(chunks, batchBytes)) {
    const lines = withoutCarriageReturns(block.bytes);
    yield { lines, firstLine: block.firstLine, unreadable: [], records: countRecords(lines) };
  }
}
