import { SLACK_BYTES } from '../../base/slack.ts';
import type { Batch } from './batches.ts';
import { BATCH_BYTES, cutRecord } from './batches.ts';
import type { ByteSource } from './byte-source.ts';
import { lineBlocks } from './line-blocks.ts';

/** Who waits for the first lines of a file need not wait for so many of them. */
const FIRST_BLOCK_BYTES = 512 * 1024;

/** Batches of an NDJSON file. Its bytes go through as they are; only of a line above `WHOLE_BYTES_MAX` its start alone. */
export async function* ndjsonBatches(source: ByteSource, batchBytes: number = BATCH_BYTES): AsyncGenerator<Batch> {
  for await (const block of lineBlocks(source, batchBytes, {
    slackBytes: SLACK_BYTES,
    firstBlockBytes: FIRST_BLOCK_BYTES,
  })) {
    if (block.cutFrom !== undefined) {
      const { firstLine } = block;
      yield { lines: new Uint8Array(), firstLine, unreadable: [cutRecord(firstLine, block.bytes, block.cutFrom)] };
      continue;
    }
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
