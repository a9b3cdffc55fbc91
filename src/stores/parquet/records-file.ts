import { zone } from '../../base/calendar.ts';
import type { StreamPlan } from '../../plan/plan.ts';
import { textLines } from './day-spool.ts';
import { ParquetWriter } from './parquet-file.ts';
import type { RecordTexts } from './record-texts.ts';
import { readTexts } from './record-texts.ts';

export interface RecordsFileOptions {
  /** Accepted records: NDJSON in chunks of whole lines, as `Runtime.records` gives them. */
  readonly records: AsyncIterable<Uint8Array>;
  readonly stream: StreamPlan;
  readonly path: string;
  /** Where DuckDB puts what does not fit into its memory. */
  readonly workFolder: string;
  /** Told how many records were read. */
  readonly onProgress: (records: number) => void;
}

/**
 * Writes all records into one Parquet file with typed columns, in log order; of no records it has the columns alone.
 * @throws DaybookError `EXPORT_VALUE_OUT_OF_RANGE`, `EXPORT_UNREADABLE_RECORD`
 */
export async function writeRecordsFile({ records, stream, path, ...options }: RecordsFileOptions): Promise<void> {
  const { workFolder, onProgress } = options;
  const local = zone(stream.timeZone);
  const rows = async function* (): AsyncGenerator<readonly RecordTexts[]> {
    let count = 0;
    for await (const chunk of records) {
      const some = textLines(chunk).map((line) => readTexts(line, stream, local));
      count += some.length;
      onProgress(count);
      yield some;
    }
  };
  const writer = await ParquetWriter.open(stream, workFolder);
  try {
    await writer.write(path, rows(), { 'daybook.stream': stream.name });
  } finally {
    writer.close();
  }
}
