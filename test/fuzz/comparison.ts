import { packedBlock } from '../../src/engine/frame-records.ts';
import { unpacked } from '../../src/log/unpacking.ts';
import type { FieldPlan } from '../../src/plan/plan.ts';
import type { RecordColumns, ScannedLines } from '../../src/record/columns.ts';
import type { Dictionaries } from '../../src/record/dictionaries.ts';
import { makeDictionaries } from '../../src/record/dictionaries.ts';
import { NumberDictionary } from '../../src/record/number-dictionary.ts';
import { Scanner } from '../../src/record/scanner.ts';
import { TextDictionary } from '../../src/record/text-dictionary.ts';
import type { OracleRecord, OracleValue } from './record-oracle.ts';
import { judge } from './record-oracle.ts';
import type { FuzzedStream } from './streams.ts';

const MS_PER_DAY = 86_400_000;
const LINE_FEED = 10;

/** What many lines came to, to know that there were enough of both kinds. */
export interface Tally {
  records: number;
  refused: number;
  /** Records that were packed, some of them twice, in batches that were shorter then. */
  packed: number;
}

interface Line {
  readonly bytes: Uint8Array;
  readonly start: number;
  readonly end: number;
}

function linesOf(bytes: Uint8Array): readonly Line[] {
  const lines: Line[] = [];
  for (let start = 0; start < bytes.length;) {
    const feed = bytes.indexOf(LINE_FEED, start);
    const end = feed < 0 ? bytes.length : feed;
    lines.push({ bytes: bytes.subarray(start, end), start, end });
    start = end + 1;
  }
  return lines;
}

function isBlank(line: Uint8Array): boolean {
  return line.every((byte) => byte === 0x20 || byte === 0x09 || byte === 0x0d);
}

/** A value of the oracle as the columns hold it: decimals in millionths, dates in days. */
function asNumber(value: OracleValue): number {
  return typeof value === 'string' ? Date.parse(value) / MS_PER_DAY : Number(value);
}

/** Runs lines through one scanner, batch by batch, and through the oracle. */
export class Comparison {
  readonly #stream: FuzzedStream;
  readonly #dictionaries: Dictionaries;
  readonly #scanner: Scanner;
  /** By field index: the id that each value had when it came first. */
  readonly #ids: readonly Map<OracleValue, number>[];

  constructor(stream: FuzzedStream) {
    this.#stream = stream;
    this.#dictionaries = makeDictionaries(stream.plan);
    this.#scanner = new Scanner(stream.plan, this.#dictionaries);
    this.#ids = stream.plan.stream.fields.map(() => new Map<OracleValue, number>());
  }

  /** @throws Error when the scanner and the oracle do not say the same of a line: which one, and what each says */
  compare(bytes: Uint8Array, firstLine: number, tally: Tally): void {
    const buffer = new Uint8Array(bytes.buffer);
    const before = Uint8Array.from(buffer);
    const scanned = this.#scanner.scan(bytes, firstLine, undefined, true);
    if (Buffer.compare(before, buffer) !== 0) throw new Error('The scanner changed bytes that it was to read.');
    const rows = { record: 0, refused: 0 };
    linesOf(bytes).forEach((line, index) => {
      if (isBlank(line.bytes)) return;
      const verdict = judge(line.bytes, this.#stream.oracle);
      try {
        if (typeof verdict === 'string') compareRefused(scanned, rows.refused++, firstLine + index, line);
        else this.#compareRecord(scanned, rows.record++, firstLine + index, line, verdict);
      } catch (cause) {
        throw new Error(disagreement(this.#stream, line, verdict, cause), { cause });
      }
    });
    mustBe('records', scanned.columns.count, rows.record);
    mustBe('refused lines', scanned.refused.length, rows.refused);
    comparePacked(scanned.columns, (row) => row >= 0, tally);
    comparePacked(scanned.columns, (row) => row % 3 > 0, tally);
    tally.records += rows.record;
    tally.refused += rows.refused;
  }

  #compareRecord(scanned: ScannedLines, row: number, number: number, line: Line, record: OracleRecord): void {
    const { columns } = scanned;
    if (row >= columns.count || columns.lines[row] !== number) {
      const reason = scanned.refused.find((each) => each.line === number)?.refusal.reason;
      throw new Error(`The scanner refuses it: ${reason}`);
    }
    mustBe('start', columns.starts[row], line.start);
    mustBe('end', columns.ends[row], line.end);
    mustBe('business day', columns.days[row], asNumber(record.businessDate));
    this.#compareKey(columns, row, record);
    for (const field of this.#stream.plan.stream.fields) {
      const value = record.values.get(field.name) ?? null;
      const column = columns.values[field.index];
      if (column !== undefined) mustBe(field.name, column[row], value === null ? NaN : asNumber(value));
      const id = columns.ids[field.index]?.[row];
      if (id !== undefined)
        this.#compareId(field, id, value === null || field.kind === 'text' ? value : asNumber(value));
    }
  }

  #compareId({ name, index }: FieldPlan, id: number, wanted: OracleValue): void {
    const dictionary = this.#dictionaries[index];
    if (dictionary instanceof TextDictionary) mustBe(name, dictionary.text(id), wanted);
    else if (dictionary instanceof NumberDictionary) mustBe(name, dictionary.value(id), wanted);
    const ids = this.#ids[index];
    mustBe(`the id of ${name}`, id, wanted === null ? 0 : (ids?.get(wanted) ?? id));
    ids?.set(wanted, id);
  }

  #compareKey(columns: RecordColumns, row: number, record: OracleRecord): void {
    const { primaryKey } = this.#stream.plan.stream;
    const key = String(record.values.get(primaryKey.name));
    const words = [...columns.keys.subarray(row * 4, row * 4 + 4)];
    if (primaryKey.kind === 'text') {
      this.#compareId(primaryKey, words[0] as number, key);
      mustBe('the other words of the primary key', words.slice(1).join(), '0,0,0');
      return;
    }
    const hex = words.map((word) => (word >>> 0).toString(16).padStart(8, '0')).join('');
    mustBe('primary key', hex, key.replaceAll('-', ''));
  }
}

/** Some of a batch's records, which were packed while they were read, must be unpacked as they came. */
function comparePacked(columns: RecordColumns, isPicked: (row: number) => boolean, tally: Tally): void {
  const { packed, bytes, starts, ends } = columns;
  if (packed === undefined) return;
  const picked = Int32Array.from({ length: columns.count }, (_, row) => row).filter(isPicked);
  const lines = Array.from(picked, (row) => Buffer.from(bytes.subarray(starts[row], ends[row])).toString('latin1'));
  const wanted = lines.map((line) => `${line.replace(/\r$/, '')}\n`).join('');
  const { head, records } = packedBlock(packed, picked, wanted.length);
  const found = unpacked(Buffer.concat([...head, ...records]));
  mustBe('what was packed', found && Buffer.from(found).toString('latin1'), wanted);
  if (Buffer.concat(records).length < wanted.length) tally.packed += picked.length;
}

function compareRefused({ columns, refused }: ScannedLines, row: number, number: number, { start, end }: Line): void {
  const found = refused[row];
  if (found?.line !== number) {
    const isRecord = columns.lines.subarray(0, columns.count).includes(number);
    throw new Error(isRecord ? 'The scanner takes it.' : `The scanner refuses line ${found?.line} instead.`);
  }
  mustBe('start', found.start, start);
  mustBe('end', found.end, end);
  mustBe('whether there is a reason', found.refusal.code.length > 0 && found.refusal.reason.length > 0, true);
}

/** A comparison without the costs of `expect`, for values of which there are millions. */
function mustBe(what: string, found: unknown, wanted: unknown): void {
  if (!Object.is(found, wanted))
    throw new Error(`${what}: the scanner has ${String(found)}, the oracle ${String(wanted)}.`);
}

function disagreement({ name }: FuzzedStream, { bytes }: Line, verdict: OracleRecord | string, cause: unknown): string {
  const text = JSON.stringify(Buffer.from(bytes).toString('utf8'));
  const shown = text.length > 2_000 ? `${text.slice(0, 1_000)} … ${text.slice(-1_000)}` : text;
  return (
    `Of ${name}, the oracle says that this line is ${typeof verdict === 'string' ? `none: ${verdict}` : 'a record'}.\n` +
    `As text: ${shown}\nIn base64: ${Buffer.from(bytes.subarray(0, 3_000)).toString('base64')}\n` +
    (cause instanceof Error ? cause.message : String(cause))
  );
}
