import { present } from '../base/assert.ts';
import type { Zone } from '../base/calendar.ts';
import { zone } from '../base/calendar.ts';
import { hasSlack, withSlack } from '../base/slack.ts';
import type { FieldPlan, Plan } from '../plan/plan.ts';
import type { CarefulRecord } from './careful.ts';
import { readCarefully } from './careful.ts';
import type { RefusedLine, ScannedLines } from './columns.ts';
import { KEY_WORDS } from './columns.ts';
import type { Dictionaries } from './dictionaries.ts';
import { keyHash } from './key-hash.ts';
import { LineReader } from './line-reader.ts';
import type { Room } from './reading-columns.ts';
import { ReadingColumns } from './reading-columns.ts';
import type { FieldRole } from './roles.ts';
import { fieldRoles } from './roles.ts';
import { shapeOf } from './shape.ts';
import { TextDictionary } from './text-dictionary.ts';

const LINE_FEED = 10;
const CARRIAGE_RETURN = 13;
const SPACE = 32;
const TAB = 9;

/**
 * Reads lines of JSON into columns. Records of one producer look alike, so the line reader learns each shape of record
 * that comes, and reads those that follow without decoding anything. Whatever it does not expect (a member given twice,
 * anything wrong) is left to `readCarefully`, whose answer is the law; so it never refuses a record by itself.
 */
export class Scanner {
  readonly #stream: Plan['stream'];
  readonly #roles: readonly FieldRole[];
  readonly #dictionaries: Dictionaries;
  readonly #zone: Zone;
  readonly #lineReader: LineReader;

  constructor(plan: Plan, dictionaries: Dictionaries, roles: readonly FieldRole[] = fieldRoles(plan)) {
    this.#stream = plan.stream;
    this.#roles = roles;
    this.#dictionaries = dictionaries;
    this.#zone = zone(plan.stream.timeZone);
    this.#lineReader = new LineReader(plan.stream, roles, dictionaries);
  }

  /**
   * Reads a batch.
   * @param bytes      lines separated by line feeds; a line of white space alone is no record. They are copied unless
   *   there are `SLACK_BYTES` behind them in their buffer
   * @param firstLine  the number of the first line
   * @param room       where the columns are to stand; when it is too small they get another one
   * @param packs      whether the records are packed as well, as the log keeps them
   */
  scan(bytes: Uint8Array, firstLine: number, room?: Room, packs = false): ScannedLines<ReadingColumns> {
    const lines = hasSlack(bytes) ? bytes : withSlack(bytes);
    const end = lines.length;
    const columns = new ReadingColumns(lines, firstLine, this.#roles, room, packs);
    if (lines.at(-1) !== LINE_FEED) columns.isPlain = false;
    const refused: RefusedLine[] = [];
    for (let position = 0; position < end;) {
      position = this.#lineReader.read(columns, position, end);
      if (position >= end) break;
      if (columns.count === columns.capacity) columns.grow();
      else position = this.#readLine(columns, position, end, refused);
    }
    this.#lineReader.finishPacking(columns);
    return { columns, refused, lineCount: columns.line - firstLine };
  }

  /** Reads one line that the line reader left. @returns where the next one begins */
  #readLine(columns: ReadingColumns, start: number, limit: number, refused: RefusedLine[]): number {
    const feed = columns.bytes.indexOf(LINE_FEED, start);
    const end = feed === -1 || feed > limit ? limit : feed;
    if (isBlank(columns.bytes, start, end)) {
      columns.line++;
      return end + 1;
    }
    const bytes = columns.bytes.subarray(start, end);
    const line = columns.line++;
    const read = readCarefully(bytes, this.#stream, this.#zone);
    if ('reason' in read) {
      refused.push({ line, start, end, refusal: read });
      return end + 1;
    }
    this.#learn(bytes);
    const hasReturn = bytes.at(-1) === CARRIAGE_RETURN;
    if (hasReturn) columns.isPlain = false;
    const row = columns.count++;
    if (columns.packed?.addLine(hasReturn ? bytes.subarray(0, -1) : bytes, row) === false) columns.stopPacking();
    columns.starts[row] = start;
    columns.ends[row] = end;
    columns.lines[row] = line;
    this.#store(read, columns, row);
    return end + 1;
  }

  /** Has the line reader know records like this one. */
  #learn(bytes: Uint8Array): void {
    if (!this.#lineReader.wantsShape()) return;
    const shape = shapeOf(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString(), this.#stream.fields);
    if (shape !== undefined) this.#lineReader.learn(shape);
  }

  /** Puts a carefully read record into a row of the columns. */
  #store(read: CarefulRecord, columns: ReadingColumns, row: number): void {
    for (const { field, id, value } of this.#roles) {
      const stored = read.values[field.index] ?? null;
      if (value) (columns.values[field.index] as Float64Array)[row] = stored === null ? NaN : Number(stored);
      if (id) (columns.ids[field.index] as Int32Array)[row] = this.#intern(field, stored);
    }
    columns.days[row] = read.businessDay;
    const { primaryKey } = this.#stream;
    const words =
      primaryKey.kind === 'text'
        ? [columns.ids[primaryKey.index]?.[row] ?? 0, 0, 0, 0]
        : uuidWords(read.values[primaryKey.index] as string);
    columns.keys.set(words, row * KEY_WORDS);
    columns.hashes[row] = keyHash(columns.keys, row * KEY_WORDS);
  }

  #intern(field: FieldPlan, value: string | number | null): number {
    if (value === null) return 0;
    const dictionary = this.#dictionaries[field.index];
    if (dictionary instanceof TextDictionary) return dictionary.internText(String(value));
    return present(dictionary, 'an interned field has a dictionary').intern(Number(value));
  }
}

/** The 128 bits of a UUID. */
function uuidWords(uuid: string): readonly number[] {
  return Array.from(uuid.replaceAll('-', '').match(/.{8}/g) ?? [], (digits) => Number.parseInt(digits, 16) | 0);
}

function isBlank(bytes: Uint8Array, start: number, end: number): boolean {
  for (let i = start; i < end; i++) {
    const byte = bytes[i];
    if (byte !== SPACE && byte !== CARRIAGE_RETURN && byte !== TAB) return false;
  }
  return true;
}
