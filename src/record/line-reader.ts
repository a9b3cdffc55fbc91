import { AssemblyModule } from '../assembly/assembly-module.ts';
import { FIRST_DAY } from '../base/calendar.ts';
import type { FieldPlan, StreamPlan } from '../plan/plan.ts';
import { FRAME_MAGIC } from '../ports/log.ts';
import { PACKED_AS } from '../ports/packed-records.ts';
import { KEY_WORDS } from './columns.ts';
import type { Dictionaries } from './dictionaries.ts';
import type { TemplateMember } from './packed-template.ts';
import { encodeTemplate } from './packed-template.ts';
import type { ReadingColumns } from './reading-columns.ts';
import type { FieldRole } from './roles.ts';
import type { Shape, ShapeMember } from './shape.ts';
import type { AssemblyImports, MemoryView } from './value-forms.ts';
import { ValueForms } from './value-forms.ts';

/** So many shapes of records are known at a time; of more than that, some are read carefully. */
const SHAPES_MAX = 16;
/** What stands between two values may have so many bytes; more of them is nothing that producers do. */
const LITERAL_BYTES_MAX = 4096;
/** Nor have they so many members. */
const MEMBERS_MAX = 1000;
/** So many bytes of lines are looked at at once: they stay in the processor's second cache. */
const LINES_BYTES = 256 * 1024;
/** What a value has that is packed, at most. */
const VALUE_BYTES = 512;
/** Bytes that are 0 behind them, where every text and number ends. */
const ZEROS = new Uint8Array(64);
/** So many rows are read at once. */
const ROWS = 1024;
/** From so many numbers on, a column is copied as a whole. */
const MANY = 16;
/** Where a column is that there is not. */
const NOWHERE = 0;
/** When so many forms of values could not be remembered, those that are have had their time, and others are. */
const FORGOTTEN_MAX = 1 << 22;
/** Once so many lines were left in a row that taught no shape, one of so many is looked at for it. */
const FRUITLESS_MAX = 100;
const LOOKED_AT_EVERY = 64;
/** When so many were left to others with no room for their shapes, those that are known have had their time. */
const STRANGERS_MAX = 10_000;
const LINE_FEED = 10;

/** As in `assembly/shapes.ts`. */
const KINDS: Readonly<Record<FieldPlan['kind'], number>> = {
  text: 0,
  uuid: 1,
  date: 2,
  timestamp: 3,
  decimal: 4,
  integer: 5,
  number: 6,
};
const UNKNOWN = 7;
/** As in `assembly/packing.ts`: those of `PACKED_AS`, and a date, which is packed as a form. */
const PACKED_AS_DATE = 4;
const USES = { nullable: 1, primaryKey: 2, businessDate: 4, eventTime: 8, quotedOrNull: 16 };

/** What `assembly/lines.ts` gives. Places are addresses in its memory. */
interface Assembly {
  readonly memory: { readonly buffer: ArrayBuffer };
  readonly count: { readonly value: number };
  readonly carriageReturns: { value: number };
  readonly forgottenCount: { readonly value: number };
  readonly allocate: (bytes: number) => number;
  readonly setColumns: (
    starts: number,
    ends: number,
    lineNumbers: number,
    keys: number,
    hashes: number,
    days: number,
  ) => void;
  readonly setBusinessDay: (endsAtHour: number, firstDay: number, field: number, ids: number, values: number) => void;
  readonly addShape: (number: number) => void;
  readonly addMember: (
    literal: number,
    literalLength: number,
    kind: number,
    uses: number,
    field: number,
    maxLength: number,
    packedAs: number,
    min: number,
    max: number,
    ids: number,
    values: number,
  ) => void;
  readonly beginBlock: () => number;
  readonly setPacking: (to: number, endsTo: number, before: number) => void;
  readonly packedEnd: { readonly value: number };
  readonly formsEnd: { readonly value: number };
  readonly templatesUsed: { readonly value: number };
  readonly readLines: (position: number, end: number, rows: number, offset: number, line: number) => number;
}

const linesModule = new AssemblyModule<Assembly, AssemblyImports>(new URL('assembly/lines.wasm', import.meta.url));

/**
 * Reads lines whose shapes it was taught into columns, and stops at any line that is not as expected. The work is done in
 * WebAssembly (`assembly/`), 16 bytes at a time; what a value means that comes for the first time is asked here.
 */
export class LineReader {
  readonly #stream: StreamPlan;
  readonly #roles: readonly FieldRole[];
  readonly #dictionaries: Dictionaries;
  readonly #signatures = new Set<string>();
  #shapes: Shape[] = [];
  /** How many lines were left to others since a shape was learned. */
  #left = 0;
  #loaded: Loaded | undefined;

  /** @throws DaybookError `ASSEMBLY_NOT_BUILT` */
  constructor(stream: StreamPlan, roles: readonly FieldRole[], dictionaries: Dictionaries) {
    // That it is missing is said at the start, not when the first record comes.
    linesModule.load();
    this.#stream = stream;
    this.#roles = roles;
    this.#dictionaries = dictionaries;
  }

  /**
   * Whether somebody should tell the shape of a record that it left to others, which takes long and mostly teaches
   * nothing. To be asked once of each.
   */
  wantsShape(): boolean {
    this.#left++;
    return this.#left <= FRUITLESS_MAX || this.#left % LOOKED_AT_EVERY === 0;
  }

  /** Learns to read records of a shape, unless it can already, or values are too far apart in it. */
  learn(shape: Shape): void {
    if (this.#signatures.has(shape.signature) || isTooLong(shape)) return;
    if (this.#shapes.length === SHAPES_MAX) {
      if (this.#left < STRANGERS_MAX) return;
      this.#signatures.clear();
      this.#shapes = [];
      this.#loaded = undefined;
    }
    this.#signatures.add(shape.signature);
    this.#shapes.push(shape);
    this.#loaded ??= new Loaded(this.#stream, this.#roles, this.#dictionaries);
    this.#loaded.addShape(shape);
    this.#left = 0;
  }

  /**
   * Reads lines from `position` on into the columns' next rows, until one is not as expected, `end` is there, or the
   * columns are full; `columns.count` and `columns.line` say how far it came.
   * @returns where it stopped, which is where a line begins
   */
  read(columns: ReadingColumns, position: number, end: number): number {
    if (this.#loaded === undefined) return position;
    if (this.#loaded.forgottenCount > FORGOTTEN_MAX) {
      this.#loaded = new Loaded(this.#stream, this.#roles, this.#dictionaries);
      for (const shape of this.#shapes) this.#loaded.addShape(shape);
    }
    return this.#loaded.read(columns, position, end);
  }

  /** Ends a batch whose records were packed: what they are unpacked with stands behind them, or they are packed no more. */
  finishPacking(columns: ReadingColumns): void {
    if (columns.packed === undefined) return;
    if (!this.#loaded?.finishPacking(columns)) columns.stopPacking();
  }
}

function isTooLong({ members, tail }: Shape): boolean {
  if (members.length > MEMBERS_MAX) return true;
  const literals = [...members.map(({ before }) => before), tail];
  return literals.some((literal) => Buffer.byteLength(literal) > LITERAL_BYTES_MAX);
}

/** The assembly at work: its columns have `ROWS` rows, and are copied out of its memory. */
class Loaded {
  readonly #stream: StreamPlan;
  readonly #assembly: Assembly;
  readonly #places: Places;
  /** Where the lines stand. */
  readonly #lines: number;
  /** Where they go when they are packed. */
  readonly #packed: number;
  /** By number of a shape, from 1 on: the template of its records. */
  readonly #templates: Uint8Array[] = [];
  /** Where the forms of the block are. */
  #forms = 0;
  /** Which lines stand there: a piece of a batch's bytes. */
  #batch: Uint8Array | undefined;
  #from = 0;
  #to = 0;
  #memory: Memory;

  constructor(stream: StreamPlan, roles: readonly FieldRole[], dictionaries: Dictionaries) {
    this.#stream = stream;
    const forms = new ValueForms(stream, dictionaries, () => this.#seen());
    this.#assembly = linesModule.instance(forms.imports);
    const { allocate } = this.#assembly;
    this.#lines = allocate(LINES_BYTES + ZEROS.length);
    this.#packed = allocate(LINES_BYTES + ROWS + VALUE_BYTES);
    const words = (perRow = 1): number => allocate(ROWS * perRow * Int32Array.BYTES_PER_ELEMENT);
    this.#places = {
      starts: words(),
      ends: words(),
      lines: words(),
      keys: words(KEY_WORDS),
      hashes: words(),
      days: words(),
      packedEnds: words(),
      ids: roles.map(({ id }) => (id ? words() : NOWHERE)),
      values: roles.map(({ value }) => (value ? allocate(ROWS * Float64Array.BYTES_PER_ELEMENT) : NOWHERE)),
    };
    const { starts, ends, lines, keys, hashes, days, ids, values } = this.#places;
    this.#assembly.setColumns(starts, ends, lines, keys, hashes, days);
    const { businessDate, businessDayEndsAtHour } = stream;
    const { index } = businessDate;
    this.#assembly.setBusinessDay(businessDayEndsAtHour, FIRST_DAY, index, at(ids, index), at(values, index));
    this.#memory = new Memory(this.#assembly.memory.buffer, this.#places);
  }

  /** How many forms of values it could not remember. */
  get forgottenCount(): number {
    return this.#assembly.forgottenCount.value;
  }

  addShape({ members, tail }: Shape): void {
    const number = this.#templates.length + 1;
    this.#assembly.addShape(number);
    const template: TemplateMember[] = [];
    // The quote behind a value is one of the bytes before the next.
    let quote = '';
    for (const member of members) {
      const literal = quote + member.before;
      template.push({ literal, packedAs: this.#addMember(literal, member) });
      quote = member.quoted ? '"' : '';
    }
    this.#addUnknown(quote + tail);
    this.#templates.push(encodeTemplate(number, template, quote + tail));
  }

  /** @returns how its value is packed */
  #addMember(literal: string, { field, quoted }: ShapeMember): number {
    if (field === undefined) {
      this.#addUnknown(literal);
      return PACKED_AS.bytes;
    }
    const { index, kind, maxLength, min, max } = field;
    const length = this.#putLiteral(literal);
    const [ids, values] = [at(this.#places.ids, index), at(this.#places.values, index)] as const;
    const packedAs = this.#packedAs(field, ids !== NOWHERE);
    // A whole number for the assembly, however large.
    const longest = Math.min(maxLength, LINES_BYTES);
    const uses = this.#usesOf(field, quoted);
    const asDate = kind === 'date' ? PACKED_AS_DATE : packedAs;
    this.#assembly.addMember(this.#lines, length, KINDS[kind], uses, index, longest, asDate, min, max, ids, values);
    return packedAs;
  }

  /** @param isInterned  the assembly remembers how its values are written, unless it is the primary key */
  #packedAs(field: FieldPlan, isInterned: boolean): number {
    if (field.kind === 'uuid') return PACKED_AS.uuid;
    if (field.kind === 'timestamp') return PACKED_AS.moment;
    const isForm = field.kind === 'date' || (isInterned && field !== this.#stream.primaryKey);
    return isForm ? PACKED_AS.form : PACKED_AS.bytes;
  }

  /** Adds a member that the definition does not know, or the tail. */
  #addUnknown(literal: string): void {
    this.#assembly.addMember(this.#lines, this.#putLiteral(literal), UNKNOWN, 0, 0, 0, 0, 0, 0, NOWHERE, NOWHERE);
  }

  /** Puts bytes where else the lines stand. @returns how many they are */
  #putLiteral(text: string): number {
    this.#batch = undefined;
    return new TextEncoder().encodeInto(text, this.#seen().bytes.subarray(this.#lines)).written;
  }

  #usesOf(field: FieldPlan, quoted: boolean): number {
    const { primaryKey, businessDate, eventTime } = this.#stream;
    const isNullable = field.nullable || field.optional;
    return (
      (isNullable && !quoted ? USES.nullable : 0) |
      (isNullable && quoted ? USES.quotedOrNull : 0) |
      (field === primaryKey ? USES.primaryKey : 0) |
      (field === businessDate ? USES.businessDate : 0) |
      (field === eventTime ? USES.eventTime : 0)
    );
  }

  read(columns: ReadingColumns, start: number, end: number): number {
    let position = start;
    while (position < end && columns.count < columns.capacity) {
      const isThere = this.#batch === columns.bytes && position >= this.#from && position < this.#to;
      if (!isThere && !this.#load(columns, position, end)) break;
      const limit = Math.min(end, this.#to);
      const rows = Math.min(ROWS, columns.capacity - columns.count);
      const before = columns.count;
      position = this.#readLoaded(columns, position, limit, rows);
      if (position < limit && columns.count - before < rows) break;
    }
    // The next lines are of another batch, and nobody needs this one.
    if (position >= end) this.#batch = undefined;
    return position;
  }

  /** Copies whole lines into the memory. @returns false when the first one is too long */
  #load({ bytes: batch }: ReadingColumns, position: number, end: number): boolean {
    const to = end - position <= LINES_BYTES ? end : batch.lastIndexOf(LINE_FEED, position + LINES_BYTES - 1) + 1;
    if (to <= position) return false;
    const { bytes } = this.#seen();
    // Not `set`, which goes word by word when the memory is shared with other threads.
    Buffer.from(batch.buffer, batch.byteOffset).copy(bytes, this.#lines, position, to);
    bytes.set(ZEROS, this.#lines + to - position);
    this.#batch = batch;
    this.#from = position;
    this.#to = to;
    return true;
  }

  #readLoaded(columns: ReadingColumns, position: number, end: number, rows: number): number {
    const offset = this.#from - this.#lines;
    const { readLines, count, carriageReturns } = this.#assembly;
    this.#beginPacking(columns);
    const stop = readLines(position - offset, end - offset, rows, offset, columns.line) + offset;
    this.#seen().copyRows(columns, count.value);
    this.#takePacked(columns);
    if (carriageReturns.value !== 0) columns.isPlain = false;
    carriageReturns.value = 0;
    return stop;
  }

  #beginPacking(columns: ReadingColumns): void {
    const { packed } = columns;
    if (packed !== undefined && packed.packer === undefined) {
      packed.packer = this;
      this.#forms = this.#assembly.beginBlock();
    }
    // Those before were packed with other forms.
    if (packed?.packer !== this) columns.stopPacking();
    const to = columns.packed === undefined ? NOWHERE : this.#packed;
    this.#assembly.setPacking(to, this.#places.packedEnds, packed?.length ?? 0);
  }

  #takePacked(columns: ReadingColumns): void {
    const { packed } = columns;
    if (packed === undefined) return;
    const end = this.#assembly.packedEnd.value;
    if (!packed.add(this.#seen().bytes, this.#packed, end)) columns.stopPacking();
  }

  /**
   * @returns false when it has not packed any of the batch's records, when there is no room, or when a frame could seem to begin
   *   among them: UUIDs may be any bytes. What else is packed has no such bytes, and no record begins with one of them.
   */
  finishPacking({ packed }: ReadingColumns): boolean {
    if (packed === undefined || packed.packer !== this) return false;
    const { formsEnd, templatesUsed } = this.#assembly;
    const forms = this.#seen().bytes.subarray(this.#forms, formsEnd.value);
    const used = this.#templates.filter((_, index) => (templatesUsed.value & (1 << (index + 1))) !== 0);
    if (used.length === 0 || packed.holds(FRAME_MAGIC)) return false;
    return packed.finish(forms, Buffer.concat(used));
  }

  /** The memory as it is now: it is another buffer once it has grown. */
  #seen(): Memory {
    const { buffer } = this.#assembly.memory;
    if (this.#memory.buffer !== buffer) this.#memory = new Memory(buffer, this.#places);
    return this.#memory;
  }
}

/** Where the columns are in the assembly's memory; by field index, `NOWHERE` when there is none. */
interface Places {
  readonly starts: number;
  readonly ends: number;
  readonly lines: number;
  readonly keys: number;
  readonly hashes: number;
  readonly days: number;
  readonly packedEnds: number;
  readonly ids: readonly number[];
  readonly values: readonly number[];
}

function at(places: readonly number[], index: number): number {
  return places[index] ?? NOWHERE;
}

/** The assembly's memory, to be looked at. */
class Memory implements MemoryView {
  readonly buffer: ArrayBuffer;
  readonly bytes: Buffer;
  readonly view: DataView;
  readonly #words: Int32Array;
  readonly #floats: Float64Array;
  readonly #places: Places;

  constructor(buffer: ArrayBuffer, places: Places) {
    this.buffer = buffer;
    this.bytes = Buffer.from(buffer);
    this.view = new DataView(buffer);
    this.#words = new Int32Array(buffer);
    this.#floats = new Float64Array(buffer);
    this.#places = places;
  }

  /** Copies the first rows behind those that the columns have. */
  copyRows(columns: ReadingColumns, count: number): void {
    const { starts, ends, lines, keys, hashes, days, packedEnds, ids, values } = this.#places;
    const { roomView, packed, count: first } = columns;
    this.#copyWords(starts, columns.starts, roomView, first, count);
    this.#copyWords(ends, columns.ends, roomView, first, count);
    this.#copyWords(lines, columns.lines, roomView, first, count);
    this.#copyWords(keys, columns.keys, roomView, first * KEY_WORDS, count * KEY_WORDS);
    this.#copyWords(hashes, columns.hashes, roomView, first, count);
    this.#copyWords(days, columns.days, roomView, first, count);
    if (packed !== undefined) this.#copyWords(packedEnds, packed.ends, roomView, first, count);
    ids.forEach((place, index) => {
      if (place !== NOWHERE) this.#copyWords(place, columns.ids[index] as Int32Array, roomView, first, count);
    });
    values.forEach((place, index) => {
      if (place !== NOWHERE) this.#copyFloats(place, columns.values[index] as Float64Array, roomView, first, count);
    });
    columns.count += count;
    columns.line += count;
  }

  #copyWords(place: number, to: Int32Array, room: Buffer, first: number, count: number): void {
    if (count < MANY) copyEach(this.#words, place / Int32Array.BYTES_PER_ELEMENT, to, first, count);
    else this.#copyBytes(place, to, room, first, count);
  }

  #copyFloats(place: number, to: Float64Array, room: Buffer, first: number, count: number): void {
    if (count < MANY) copyEach(this.#floats, place / Float64Array.BYTES_PER_ELEMENT, to, first, count);
    else this.#copyBytes(place, to, room, first, count);
  }

  /** Not `set`, which goes word by word when the memory is shared with other threads; nor a view of each column. */
  #copyBytes(place: number, to: Int32Array | Float64Array, room: Buffer, first: number, count: number): void {
    const size = to.BYTES_PER_ELEMENT;
    this.bytes.copy(room, to.byteOffset + first * size, place, place + count * size);
  }
}

function copyEach<Column extends Int32Array | Float64Array>(
  from: Column,
  place: number,
  to: Column,
  first: number,
  count: number,
): void {
  for (let i = 0; i < count; i++) to[first + i] = from[place + i] as number;
}
