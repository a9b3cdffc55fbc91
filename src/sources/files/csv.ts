import { isUtf8 } from 'node:buffer';
import { finished } from 'node:stream/promises';
import { Parser } from 'csv-parse';
import { present } from '../../base/assert.ts';
import { counted } from '../../base/counted.ts';
import { DaybookError } from '../../base/errors.ts';
import type { Refusal, Unreadable } from '../../ports/runtime.ts';
import type { Batch } from './batches.ts';
import type { ByteSource } from './byte-source.ts';
import { BATCH_BYTES, BatchBuilder } from './batches.ts';
import type { ColumnSet } from './columns.ts';
import { isOfCrLines, linesEndInCr } from './wrong-header.ts';

/** Bytes parsed at a time: a few ms, so that a server in the same process goes on answering. */
const PARSED_BYTES = 256 * 1024;
/**
 * A row may have so many bytes; where a longer one would end, nobody knows. It is half of what a request to a running Daybook
 * may hold, so that a row that grows as it becomes JSON fits into one too.
 */
const ROW_BYTES_MAX = 8 * 1024 * 1024;
const LINE_FEED = 10;
const CARRIAGE_RETURN = 13;

interface Row {
  readonly record: readonly string[];
  /** The text of the row, with the first character of what ended it. */
  readonly raw: string;
  /** The same in bytes, where they are not UTF-8. */
  readonly bytes?: Uint8Array;
  /** How many bytes it has, where it has other characters than bytes. */
  readonly size?: number;
}

/**
 * Batches of a CSV file: commas, RFC 4180 quotes, a header in the first line, in UTF-8. A quote within a cell that does
 * not begin with one (`Shelf 36" wide`) is a character like others. Rows that are no rows of this table are unreadable.
 * @param columnsOf  given the header, says what rows are made of
 * @throws DaybookError `IMPORT_LINE_TOO_LONG` when a row is, for lack of a closing quote say; `IMPORT_FORMAT` when lines end in
 *   CR alone; what `columnsOf` throws
 */
export async function* csvBatches(
  source: ByteSource,
  columnsOf: (header: readonly string[]) => ColumnSet,
  batchBytes: number = BATCH_BYTES,
): AsyncGenerator<Batch> {
  const parser = new RowParser();
  const table = new Table(columnsOf, batchBytes);
  let unendedBytes = 0;
  try {
    for await (const bytes of blocksOf(source)) {
      table.hold(bytes);
      const rows = await parser.parse(bytes);
      await table.add(rows);
      unendedBytes = rows.length === 0 ? unendedBytes + bytes.length : 0;
      if (unendedBytes > ROW_BYTES_MAX)
        throw isOfCrLines(Buffer.from(bytes).toString()) ? linesEndInCr() : rowTooLong(table.nextLine);
      if (table.isFull) yield table.take();
    }
    const { rows, unclosed } = await parser.end();
    await table.add(rows);
    if (unclosed !== undefined) table.addUnclosed(unclosed);
    table.end();
    if (!table.batch.isEmpty) yield table.take();
  } catch (error) {
    // What is before a fault counts.
    if (!table.batch.isEmpty) yield table.take();
    throw error;
  } finally {
    parser.close();
  }
}

/** Bytes block by block, cut wherever that is; each in memory of its own. Where reading fails, what is before comes first. */
async function* blocksOf(source: ByteSource): AsyncGenerator<Uint8Array> {
  for (;;) {
    const block = Buffer.allocUnsafeSlow(PARSED_BYTES);
    let size = 0;
    let count = 0;
    try {
      do {
        count = await source.readInto(block.subarray(size));
        size += count;
      } while (count > 0 && size < block.length);
    } catch (error) {
      if (size > 0) yield block.subarray(0, size);
      throw error;
    }
    if (size > 0) yield block.subarray(0, size);
    if (count === 0) return;
  }
}

function rowTooLong(line: number): DaybookError {
  return new DaybookError(
    'IMPORT_LINE_TOO_LONG',
    `The row that begins in line ${line} is longer than ${ROW_BYTES_MAX} bytes, so the import stopped there. ` +
      'Look whether its closing quote is missing, or whether this is no table at all. The rows before it count.',
    { details: { line, rowBytesMax: ROW_BYTES_MAX } },
  );
}

/** csv-parse, given bytes and asked for rows. It is as strict as it can be without losing rows: see `isWellFormed`. */
class RowParser {
  readonly #rows: RowGatherer;
  #unclosed: Row | undefined;

  constructor() {
    this.#rows = new RowGatherer({
      // A character a byte, so that what is not UTF-8 is seen, row by row, and none of it lost.
      encoding: 'latin1',
      raw: true,
      // Both at once, as files were seen that were put together from several.
      record_delimiter: ['\r\n', '\n'],
      // In its strict mode the parser drops rows, or reads on into the next ones, without giving their text.
      relax_column_count: true,
      relax_quotes: true,
      // What remains an error is the end of the file within quotes.
      skip_records_with_error: true,
      on_skip: (_error, raw) => {
        this.#unclosed = decoded({ record: [], raw: raw ?? '' });
        return undefined;
      },
    });
    // Its end is seen only by who reads.
    this.#rows.resume();
  }

  async parse(bytes: Uint8Array): Promise<readonly Row[]> {
    await new Promise<void>((resolve, reject) => {
      this.#rows.write(bytes, (error) => (error ? reject(error) : resolve()));
    });
    return this.#rows.takeRows();
  }

  async end(): Promise<{ readonly rows: readonly Row[]; readonly unclosed: Row | undefined }> {
    this.#rows.end();
    await finished(this.#rows);
    return { rows: this.#rows.takeRows(), unclosed: this.#unclosed };
  }

  close(): void {
    this.#rows.destroy();
  }
}

/** A parser whose rows are taken block by block: a stream's way of giving them one by one costs as much as parsing. */
class RowGatherer extends Parser {
  #gathered: Row[] = [];

  override push(row: Row | null): boolean {
    if (row === null) return super.push(null);
    this.#gathered.push(decoded(row));
    return true;
  }

  takeRows(): readonly Row[] {
    const rows = this.#gathered;
    this.#gathered = [];
    return rows;
  }
}

const BEYOND_ASCII = /[\x80-\xff]/;

/** A row of which each character was a byte. */
function decoded(row: Row): Row {
  if (!BEYOND_ASCII.test(row.raw)) return row;
  const bytes = Buffer.from(row.raw, 'latin1');
  const record = row.record.map(textOf);
  return { record, raw: bytes.toString(), size: bytes.length, ...(!isUtf8(bytes) && { bytes }) };
}

function textOf(cell: string): string {
  return BEYOND_ASCII.test(cell) ? Buffer.from(cell, 'latin1').toString() : cell;
}

/** Makes rows a batch's records, and keeps count of the file's lines. */
class Table {
  readonly batch: BatchBuilder;
  readonly #columnsOf: (header: readonly string[]) => ColumnSet;
  readonly #batchBytes: number;
  #columns: ColumnSet | undefined;
  #width = 0;
  /** The number of the line at which the next row begins. */
  nextLine = 1;
  /** Where in the file the next row begins, the next block, and the batch's first row. */
  #nextByte = 0;
  #nextBlock = 0;
  #firstByte = 0;
  /** The file's bytes from the batch's first row on, and where in them those rows stand that became records. */
  #blocks: Block[] = [];
  #places: number[] = [];

  constructor(columnsOf: (header: readonly string[]) => ColumnSet, batchBytes: number) {
    this.#columnsOf = columnsOf;
    this.#batchBytes = batchBytes;
    this.batch = new BatchBuilder('utf8', batchBytes);
  }

  /** Wide rows may make short records, and are held as well. */
  get isFull(): boolean {
    return this.batch.isFull || this.#nextByte - this.#firstByte >= this.#batchBytes;
  }

  /** Keeps bytes that rows are about to be parsed from. */
  hold(bytes: Uint8Array): void {
    this.#blocks.push({ start: this.#nextBlock, bytes });
    this.#nextBlock += bytes.length;
  }

  take(): Batch {
    const batch = { ...this.batch.take(), originalOf: rowsAt(this.#places, this.#blocks) };
    this.#places = [];
    this.#firstByte = this.#nextByte;
    this.#blocks = this.#blocks.filter(({ start, bytes }) => start + bytes.length > this.#nextByte);
    return batch;
  }

  async add(rows: readonly Row[]): Promise<void> {
    const first =
      this.#columns === undefined ? rows.findIndex((row) => !isBlank(row) && !SEPARATOR_TOLD.test(row.raw)) : 0;
    if (first === -1) return this.#goPast(rows);
    this.#goPast(rows.slice(0, first));
    const header = this.#columns === undefined ? (rows[first] as Row) : undefined;
    if (header !== undefined && isOfCrLines(rowText(header.raw))) throw linesEndInCr();
    const columns = (this.#columns ??= this.#columnsOf(header?.record ?? []));
    if (header !== undefined) {
      this.#width = header.record.length;
      this.#goPast([header]);
    }
    const body = header === undefined ? rows : rows.slice(first + 1);
    await columns.prepare(body.map((row) => row.record));
    for (const row of body) this.#addRow(row, columns);
  }

  #addRow(row: Row, columns: ColumnSet): void {
    const line = this.nextLine;
    const start = this.#nextByte;
    this.#goPast([row]);
    if (isBlank(row)) return;
    const fault = this.#faultOf(row);
    const made = fault ?? columns.convert(row.record, quotedEmptyOf(row));
    if (typeof made === 'string') {
      this.batch.add(line, made);
      this.#places.push(line, start, this.#nextByte);
    } else this.batch.addUnreadable({ ...made, line, record: recordOf(row) });
  }

  #faultOf(row: Row): Refusal | undefined {
    if (row.raw.includes('"') && !isWellFormed(rowText(row.raw))) {
      const wanted = 'a cell that begins with a quote must end with one, and hold quotes only twice each';
      return { code: 'CANNOT_BE_CONVERTED', reason: `the row's quotes do not match; ${wanted}` };
    }
    if (row.record.length !== this.#width) {
      const found = `the row has ${counted(row.record.length, 'cell')}, the header has ${this.#width}`;
      return { code: 'CANNOT_BE_CONVERTED', reason: found };
    }
    if (row.bytes !== undefined)
      return { code: 'NOT_UNICODE', reason: 'the row is not UTF-8; save the file as UTF-8 and import that' };
    return undefined;
  }

  addUnclosed(row: Row): void {
    const unreadable: Unreadable = {
      line: this.nextLine,
      record: recordOf(row),
      code: 'CANNOT_BE_CONVERTED',
      reason: "the row's quotes do not match; the file ends within quotes that begin here",
    };
    this.batch.addUnreadable(unreadable);
  }

  /** A file without any line has no header either. */
  end(): void {
    this.#columns ??= this.#columnsOf([]);
  }

  /** Counts the lines and bytes of rows. */
  #goPast(rows: readonly Row[]): void {
    for (const { raw, size = raw.length } of rows) {
      for (let at = raw.indexOf('\n'); at !== -1; at = raw.indexOf('\n', at + 1)) this.nextLine++;
      // A row ended by CR LF is given with the CR alone.
      const isCut = raw.endsWith('\r');
      if (isCut) this.nextLine++;
      this.#nextByte += isCut ? size + 1 : size;
    }
  }
}

/** A piece of a file. */
interface Block {
  /** Where in the file it begins. */
  readonly start: number;
  readonly bytes: Uint8Array;
}

/**
 * Finds rows in the blocks that they stand in, when somebody asks for one.
 * @param places  of each row its line, where it begins and where the next one does, one row behind the other
 */
function rowsAt(places: readonly number[], blocks: readonly Block[]): (line: number) => Uint8Array {
  const placeOf = new Map<number | undefined, number>();
  return (line) => {
    if (placeOf.size === 0) for (let at = 0; at < places.length; at += 3) placeOf.set(places[at], at);
    const place = present(placeOf.get(line), 'a line that was made of a row has its place');
    const [from = 0, to = 0] = places.slice(place + 1, place + 3);
    const pieces = blocks.map(({ start, bytes }) => bytes.subarray(Math.max(from - start, 0), Math.max(to - start, 0)));
    const row = Buffer.concat(pieces);
    const end = row.at(-1) === LINE_FEED ? row.length - 1 : row.length;
    return row.subarray(0, row[end - 1] === CARRIAGE_RETURN ? end - 1 : end);
  };
}

/** The row without what ended it. */
function rowText(raw: string): string {
  return raw.endsWith('\n') || raw.endsWith('\r') ? raw.slice(0, -1) : raw;
}

/** The same, exact. */
function recordOf({ raw, bytes }: Row): string | Uint8Array {
  return bytes === undefined ? rowText(raw) : bytes.subarray(0, bytes.length - (raw.length - rowText(raw).length));
}

/** What Excel writes before a header, and reads. Another separator than the comma makes another header. */
const SEPARATOR_TOLD = /^"?sep=,"?\r?\n?$/i;

function isBlank(row: Row): boolean {
  return row.record.length === 1 && row.raw.trim() === '';
}

const CELL = '(?:"[^"]*(?:""[^"]*)*"|[^",][^,]*|)';
const WELL_FORMED = new RegExp(`^${CELL}(?:,${CELL})*$`);

const CELLS = new RegExp(`(${CELL})(?:,|$)`, 'g');

/** Where in a well-formed row cells are empty and in quotes. */
function quotedEmptyOf(row: Row): ReadonlySet<number> | undefined {
  if (!row.raw.includes('""')) return undefined;
  const cells = [...rowText(row.raw).matchAll(CELLS)];
  return new Set(cells.flatMap(([, cell], index) => (cell === '""' ? index : [])));
}

/** Whether a row's cells are each either in quotes as a whole, inner quotes twice, or do not begin with one. */
function isWellFormed(row: string): boolean {
  return WELL_FORMED.test(row);
}
