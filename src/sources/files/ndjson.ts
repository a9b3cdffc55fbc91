import type { Batch } from './batches.ts';
import { BATCH_BYTES } from './batches.ts';
import type { ByteSource } from './byte-source.ts';
import { lineBlocks } from './line-blocks.ts';

/** Who scans lines reads a word at a time, and need not copy them when the last word may reach over their end. */
const SLACK_BYTES = 8;
/** Who waits for the first lines of a file need not wait for so many of them. */
const FIRST_BLOCK_BYTES = 512 * 1024;

/**
 * Batches of an NDJSON file. Its bytes go through as they are.
 * @throws DaybookError `IMPORT_LINE_TOO_LONG`
 */
export async function* ndjsonBatches(source: ByteSource, batchBytes: number = BATCH_BYTES): AsyncGenerator<Batch> {
  for await (const block of lineBlocks(source, batchBytes, {
    slackBytes: SLACK_BYTES,
    firstBlockBytes: FIRST_BLOCK_BYTES,
  })) {
    yield {
      lines: block.bytes,
      get firstLine() {
        return block.firstLine;
      },
      unreadable: [],
      linesCounted: (lines) => block.linesCounted(lines),
      release: () => block.release(),
    };
  }
}
