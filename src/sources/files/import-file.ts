import { resolve } from 'node:path';
import type { Readable } from 'node:stream';
import { DaybookError } from '../../base/errors.ts';
import type { Clock } from '../../ports/clock.ts';
import type { Runtime } from '../../ports/runtime.ts';
import type { Batch } from './batches.ts';
import { BATCH_BYTES } from './batches.ts';
import type { ColumnSet, PlaceNotFound } from './columns.ts';
import type { FileFormat } from './format.ts';
import { handOver } from './hand-over.ts';
import type { Input } from './input.ts';
import { openInput } from './input.ts';
import { ndjsonBatches } from './ndjson.ts';
import type { FindPlace, Place } from './superstore-columns.ts';

export interface ImportOptions {
  /** A file; `-` for standard input. */
  readonly path: string;
  readonly runtime: Pick<Runtime, 'plan' | 'accept'>;
  readonly clock: Clock;
  /** Unless told, from the file's name, else from how its content begins. */
  readonly format?: FileFormat;
  /** Where the cities of the superstore's order lines are; unless told, those of the United States that we know. */
  readonly findPlace?: FindPlace;
  /** What `-` reads; the process's own unless told. */
  readonly stdin?: Readable;
  /** About how many bytes are handed over together. */
  readonly batchBytes?: number;
  /** About how many are handed over before they are answered; 32 MiB unless told. */
  readonly bytesInFlightMax?: number;
  readonly signal?: AbortSignal;
  /**
   * Called after each batch, once it is durable.
   * @param bytesRead   bytes of the file as it is on disk, compressed or not
   * @param bytesTotal  undefined when it is not known before the end
   * @param records     how many are durable, or were refused or repeats
   */
  readonly onProgress?: (bytesRead: number, bytesTotal: number | undefined, records: number) => void;
}

export interface ImportSummary {
  /** Records in the file: lines of NDJSON, rows of a table, values of an array. Headers and blank lines are none. */
  readonly lines: number;
  readonly accepted: number;
  readonly duplicates: number;
  readonly quarantined: number;
  /** What a record's line number counts in this file, where it is not its lines. */
  readonly numbered: 'line' | 'record' | 'row';
  /** Cities that could not be found, most records first; those records were accepted without a place. */
  readonly placesNotFound: readonly PlaceNotFound[];
  /** Bytes read of the file as it is on disk. */
  readonly bytes: number;
}

/**
 * Reads records from a file and hands them to a runtime, in the file's order; resolves once all are durable. A file
 * imported twice counts once. A line number that the quarantine shows is the file's own; in JSON that is not NDJSON and in
 * Parquet it is the record's position, which the summary's `numbered` tells.
 * @throws DaybookError `IMPORT_FILE_MISSING`, `IMPORT_FILE_UNREADABLE`, `IMPORT_FILE_DAMAGED`, `IMPORT_FORMAT`,
 *   `IMPORT_ENCODING`, `IMPORT_COLUMNS`, `IMPORT_LINE_TOO_LONG`; `IMPORT_STOPPED` when the signal was aborted; and what
 *   `accept` throws. What was read before is accepted; `IMPORT_STOPPED` has the summary so far in its details.
 *
 * @example
 * const summary = await importFile({ path: 'sales.csv.gz', runtime, clock });
 * console.log(`${summary.accepted} new records, ${summary.duplicates} known before`);
 */
export async function importFile(options: ImportOptions): Promise<ImportSummary> {
  const { path, runtime, clock, signal, onProgress } = options;
  const isStopped = (): boolean => signal?.aborted === true;
  if (isStopped()) throw stopped(path, EMPTY_SUMMARY);
  const { format, stdin = process.stdin } = options;
  const input = await openInput(path, { format, stdin, signal }).catch((error: unknown) => {
    throw isStopped() ? stopped(path, EMPTY_SUMMARY, error) : error;
  });
  const reading = await readingOf(input, options);
  let summary: ImportSummary = EMPTY_SUMMARY;
  const summaryNow = (): ImportSummary => ({
    ...summary,
    numbered: NUMBERED[input.format],
    placesNotFound: reading.columns()?.placesNotFound() ?? [],
    bytes: reading.bytesRead(),
  });
  try {
    await handOver(reading.batches, {
      runtime,
      clock,
      origin: input.name,
      signal,
      bytesInFlightMax: options.bytesInFlightMax,
      onAccepted: (acceptance) => {
        const { accepted, duplicates } = acceptance;
        const quarantined = acceptance.quarantined.length;
        summary = {
          ...summary,
          lines: summary.lines + accepted + duplicates + quarantined,
          accepted: summary.accepted + accepted,
          duplicates: summary.duplicates + duplicates,
          quarantined: summary.quarantined + quarantined,
        };
        onProgress?.(reading.bytesRead(), input.bytesTotal, summary.lines);
      },
    });
  } catch (error) {
    throw isStopped() ? stopped(input.name, summaryNow(), error) : error;
  } finally {
    input.close();
  }
  if (isStopped()) throw stopped(input.name, summaryNow());
  return summaryNow();
}

const EMPTY_SUMMARY: ImportSummary = {
  lines: 0,
  accepted: 0,
  duplicates: 0,
  quarantined: 0,
  numbered: 'line',
  placesNotFound: [],
  bytes: 0,
};

const NUMBERED = { csv: 'line', ndjson: 'line', json: 'record', parquet: 'row' } as const;

/** A file being read. */
interface Reading {
  readonly batches: AsyncIterable<Batch>;
  readonly bytesRead: () => number;
  /** Known once a table's header was read. */
  readonly columns: () => ColumnSet | undefined;
}

/** Records of a line each are read by what is there; what other formats need is loaded by who imports one. */
async function readingOf(input: Input, options: ImportOptions): Promise<Reading> {
  const batchBytes = options.batchBytes ?? BATCH_BYTES;
  let columns: ColumnSet | undefined;
  const columnsOf = async (isText: boolean): Promise<(header: readonly string[]) => ColumnSet> => {
    const { columnSetOf } = await import('./columns.ts');
    const { plan } = options.runtime;
    const findPlace = options.findPlace ?? findPlaceOfUnitedStates;
    return (header) => (columns = columnSetOf(header, plan, { isText, findPlace }));
  };
  const reading = (batches: AsyncIterable<Batch>, bytesRead = input.bytesRead): Reading => ({
    batches,
    bytesRead,
    columns: () => columns,
  });
  switch (input.format) {
    case 'ndjson':
      return reading(ndjsonBatches(input.bytes, batchBytes));
    case 'json': {
      const { jsonDocumentBatches } = await import('./json-documents.ts');
      return reading(jsonDocumentBatches(input.chunks(), batchBytes));
    }
    case 'csv': {
      const { csvBatches } = await import('./csv.ts');
      return reading(csvBatches(input.bytes, await columnsOf(true), batchBytes));
    }
    case 'parquet': {
      const { parquetBatches } = await import('./parquet.ts');
      // DuckDB opens the file itself.
      input.close();
      let bytesRead = 0;
      const onRows = (read: number, total: number): void => {
        bytesRead = Math.floor(((input.bytesTotal ?? 0) * read) / total);
      };
      return reading(
        parquetBatches(resolve(options.path), await columnsOf(false), onRows, batchBytes),
        () => bytesRead,
      );
    }
  }
}

/** The table of places is large, so it is loaded by who needs it. */
async function findPlaceOfUnitedStates(city: string, state: string): Promise<Place | undefined> {
  const { findPlace } = await import('../../base/us-places.ts');
  return findPlace(city, state);
}

function stopped(name: string, summary: ImportSummary, cause?: unknown): DaybookError {
  return new DaybookError(
    'IMPORT_STOPPED',
    `The import of ${name} was stopped after ${summary.lines} records, which count. ` +
      'Import the file again to go on: no record counts twice.',
    { details: { summary }, cause },
  );
}
