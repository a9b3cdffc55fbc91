import { open } from 'node:fs/promises';

const LINE_FEED = 10;
const READ_BYTES = 8 * 1024 * 1024;

/**
 * The first lines of a file of NDJSON, cut into batches of so many; all of it is in memory before the first is sent.
 * @param records  how many lines in all; fewer when the file has fewer
 */
export async function batchesOf(path: string, records: number, batchRecords: number): Promise<readonly Uint8Array[]> {
  const batches: Uint8Array[] = [];
  let rest = Buffer.alloc(0);
  let taken = 0;
  const file = await open(path);
  try {
    while (taken < records) {
      const { buffer, bytesRead } = await file.read(Buffer.allocUnsafe(READ_BYTES), 0, READ_BYTES);
      if (bytesRead === 0) break;
      const bytes = Buffer.concat([rest, buffer.subarray(0, bytesRead)]);
      let start = 0;
      let lines = 0;
      for (let feed = bytes.indexOf(LINE_FEED); feed >= 0; feed = bytes.indexOf(LINE_FEED, feed + 1)) {
        if (++lines < batchRecords && taken + lines < records) continue;
        batches.push(bytes.subarray(start, feed + 1));
        taken += lines;
        start = feed + 1;
        lines = 0;
        if (taken >= records) break;
      }
      rest = bytes.subarray(start);
    }
  } finally {
    await file.close();
  }
  if (taken < records && rest.length > 0) batches.push(rest);
  return batches;
}
