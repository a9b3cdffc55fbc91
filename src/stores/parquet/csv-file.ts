import { open } from 'node:fs/promises';
import { csvCell } from '../../base/csv-cell.ts';
import type { StreamPlan } from '../../plan/plan.ts';
import type { RecordTexts } from './record-texts.ts';

const LINE_END = '\r\n';

/** Writes a CSV file as RFC 4180 says: a header, the stream's fields in their order, null as an empty cell, an empty text in quotes. */
export async function writeCsv(
  path: string,
  stream: StreamPlan,
  rows: AsyncIterable<readonly RecordTexts[]>,
): Promise<void> {
  const file = await open(path, 'w');
  try {
    await file.appendFile(csvLine(stream.fields.map((field) => field.name)));
    for await (const some of rows) await file.appendFile(some.map(csvLine).join(''));
  } finally {
    await file.close();
  }
}

/** A row with its line's end. */
export function csvLine(cells: RecordTexts): string {
  return cells.map(csvCell).join(',') + LINE_END;
}
