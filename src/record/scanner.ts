import { isUtf8 } from 'node:buffer';
import { present } from '../base/assert.ts';
import type { Zone } from '../base/calendar.ts';
import { zone } from '../base/calendar.ts';
import type { FieldPlan, Plan } from '../plan/plan.ts';
import type { CarefulRecord } from './careful.ts';
import { readCarefully } from './careful.ts';
import type { RefusedLine, ScannedLines } from './columns.ts';
import { KEY_WORDS } from './columns.ts';
import type { Dictionaries } from './dictionaries.ts';
import type { Program } from './program.ts';
import { makeProgram } from './program.ts';
import { keyHash } from './key-hash.ts';
import type { Room } from './reading-columns.ts';
import { ReadingColumns } from './reading-columns.ts';
import type { FieldRole } from './roles.ts';
import { fieldRoles } from './roles.ts';
import { shapeOf } from './shape.ts';
import { TextDictionary } from './text-dictionary.ts';
import { hasSlack, withSlack } from './text-hash.ts';

const LINE_FEED = 10;
const CARRIAGE_RETURN = 13;
const SPACE = 32;
const TAB = 9;
/** So many shapes of records have programs of their own; whoever sends more of them is read carefully. */
const PROGRAMS_MAX = 8;
/** A program is called for so many rows: a function that is called often is compiled as a whole, one that loops long only in its loop. */
const ROWS_AT_ONCE = 256;

/**
 * Reads lines of JSON into columns. Records of one producer look alike, so each shape of record that comes gets a
 * program made for it, which reads nothing twice and decodes nothing. Whatever a program does not expect (exponents,
 * unknown members, anything wrong) is left to `readCarefully`, whose answer is the law; so no program ever refuses a
 * record by itself.
 */
export class Scanner {
  readonly #stream: Plan['stream'];
  readonly #roles: readonly FieldRole[];
  readonly #dictionaries: Dictionaries;
  readonly #zone: Zone;
  readonly #programs: Program[] = [];
  readonly #signatures = new Set<string>();
  /** The program that is tried first: the one that read the record before. */
  #current = 0;

  constructor(plan: Plan, dictionaries: Dictionaries) {
    this.#stream = plan.stream;
    this.#roles = fieldRoles(plan);
    this.#dictionaries = dictionaries;
    this.#zone = zone(plan.stream.timeZone);
  }

  /**
   * Reads a batch.
   * @param bytes      lines separated by line feeds; a line of white space alone is no record. They are copied unless
   *   there are `SLACK_BYTES` behind them in their buffer
   * @param firstLine  the number of the first line
   * @param room       where the columns are to stand; when it is too small they get another one
   */
  scan(bytes: Uint8Array, firstLine: number, room?: Room): ScannedLines<ReadingColumns> {
    const lines = hasSlack(bytes) ? bytes : withSlack(bytes);
    const end = lines.length;
    const columns = new ReadingColumns(lines, firstLine, this.#roles, room);
    if (lines.at(-1) !== LINE_FEED) columns.isPlain = false;
    const refused: RefusedLine[] = [];
    const wellFormed = isUtf8(lines);
    for (let position = 0; position < end;) {
      if (wellFormed) position = this.#run(columns, position, end);
      if (position >= end) break;
      if (columns.count === columns.capacity) columns.grow();
      else position = this.#readLine(columns, position, end, wellFormed, refused);
    }
    return { columns, refused, lineCount: columns.line - firstLine };
  }

  /** Runs the programs until none of them knows the next line. @returns where it begins */
  #run(columns: ReadingColumns, start: number, end: number): number {
    let position = start;
    for (let tried = 0; tried < this.#programs.length && position < end && columns.count < columns.capacity;) {
      const rowEnd = Math.min(columns.capacity, columns.count + ROWS_AT_ONCE);
      const next = runProgram(this.#programs[this.#current] as Program, columns, position, end, rowEnd);
      const isStuck = columns.count < rowEnd;
      // Having read some lines, it has tried the one that it stopped at as well.
      tried = next === position ? tried + 1 : Number(isStuck);
      position = next;
      if (isStuck && position < end) this.#current = (this.#current + 1) % this.#programs.length;
    }
    return position;
  }

  /** Reads one line that no program read before. @returns where the next one begins */
  #readLine(
    columns: ReadingColumns,
    start: number,
    limit: number,
    wellFormed: boolean,
    refused: RefusedLine[],
  ): number {
    const feed = columns.bytes.indexOf(LINE_FEED, start);
    const end = feed === -1 || feed > limit ? limit : feed;
    if (isBlank(columns.bytes, start, end)) {
      columns.line++;
      return end + 1;
    }
    const bytes = columns.bytes.subarray(start, end);
    if (!wellFormed && isUtf8(bytes) && this.#run(columns, start, end) > start) return end + 1;
    const line = columns.line++;
    const read = readCarefully(bytes, this.#stream, this.#zone);
    if ('reason' in read) {
      refused.push({ line, start, end, refusal: read });
      return end + 1;
    }
    this.#learn(bytes);
    if (bytes.at(-1) === CARRIAGE_RETURN) columns.isPlain = false;
    const row = columns.count++;
    columns.starts[row] = start;
    columns.ends[row] = end;
    columns.lines[row] = line;
    this.#store(read, columns, row);
    return end + 1;
  }

  /** Makes a program for records like this one. */
  #learn(bytes: Uint8Array): void {
    if (this.#programs.length === PROGRAMS_MAX) return;
    const shape = shapeOf(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString(), this.#stream.fields);
    if (shape === undefined || this.#signatures.has(shape.signature)) return;
    this.#signatures.add(shape.signature);
    this.#programs.push(makeProgram(shape, this.#stream, this.#roles, this.#dictionaries));
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
    const key = read.values[primaryKey.index] as string;
    const words = primaryKey.kind === 'text' ? [this.#intern(primaryKey, key), 0, 0, 0] : uuidWords(key);
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

/** Runs a program, which may look a few bytes further than there are any when the last line is cut off in a name. */
function runProgram(program: Program, columns: ReadingColumns, position: number, end: number, rowEnd: number): number {
  try {
    return program(columns, position, end, rowEnd);
  } catch (error) {
    if (error instanceof RangeError) return position;
    throw error;
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
