import { isUtf8 } from 'node:buffer';
import { assert, present } from '../base/assert.ts';
import { counted } from '../base/counted.ts';
import { DaybookError } from '../base/errors.ts';
import { LISTED_BYTES_MAX, LISTED_START_BYTES, listedStart } from '../base/listed-record.ts';
import type { Log, LogPosition } from '../ports/log.ts';
import type { Origin, QuarantineEntry, QuarantinePage, QuarantineQuery, Refusal } from '../ports/runtime.ts';
import { KEY_WORDS } from '../record/columns.ts';
import { keyHash } from '../record/key-hash.ts';
import type { Keys } from './key-table.ts';
import { KeyTable } from './key-table.ts';
import type { PutBacks } from './put-backs.ts';
import type { SectionReader } from './sections.ts';

const LINE_FEED = 10;
/** One frame is given so many bytes of entries. */
const PART_BYTES = 16 * 1024 * 1024;
/** Longer records are not kept as text. */
const TEXT_BYTES_MAX = 8 * 1024 * 1024;
/** A longer record could not be kept in one frame. */
export const REFUSED_BYTES_MAX = 40 * 1024 * 1024;
/** A longer one nobody puts right by hand, and the frame has room for the longest original and this. */
export const CONVERTED_BYTES_MAX = 1024 * 1024;

/** An entry as the log keeps it; its id is its place in the quarantine. */
type StoredEntry = Omit<QuarantineEntry, 'id' | 'putBack' | 'cutFrom'>;

/** A record that was refused, with its bytes as they came. */
export interface Refused {
  readonly refusal: Refusal;
  readonly line: number;
  readonly origin: Origin;
  readonly bytes: Uint8Array;
  /** The record that its source had made of it. */
  readonly converted?: string | undefined;
  /** Gets the id of its entry, which is one of before where the same bytes were refused before; undefined: not known. */
  readonly ids?: (number | undefined)[] | undefined;
}

/** Entries for one frame of the log. */
export interface QuarantinePart {
  /** A line of JSON an entry. */
  readonly bytes: Uint8Array;
  readonly count: number;
}

/** So many entries stand in a frame of the log. */
interface FrameEntries {
  readonly at: LogPosition;
  readonly count: number;
}

/** What a checkpoint keeps of the quarantine. */
export interface QuarantineFacts {
  /** Frames with entries, in the log's order. */
  readonly frames: readonly FrameEntries[];
}

/**
 * The index of what was refused; the records themselves stay in the log. The same bytes refused twice are kept once, so
 * that a batch sent again, or a file imported again, changes nothing here either.
 */
export class Quarantine {
  readonly #frames: FrameEntries[] = [];
  /**
   * The fingerprints of all entries, and of those that `claim` gave: 128 bits of a record's SHA-256. A table of keys, as
   * it holds many times what a set does, in a fraction of the memory.
   */
  readonly #known = new KeyTable();
  /** What is asked of it. */
  readonly #words = new Int32Array(KEY_WORDS);
  readonly #hashes = new Int32Array(1);
  #size = 0;

  get size(): number {
    return this.#size;
  }

  /** What it holds of memory, about. */
  get bytes(): number {
    return this.#known.bytes;
  }

  /**
   * Entries for those whose bytes were not refused before, each once, in parts of `PART_BYTES` at most, unless a single
   * entry is larger. Parts are made as they are asked for, so that millions of refused lines do not fill the memory.
   * `add` must be told of each part once it is durable, in their order; `undo` takes back the others.
   */
  *claim(refused: Iterable<Refused>, atMs: number): Generator<QuarantinePart> {
    assert(this.#known.undoable === 0, 'what was claimed before is durable or taken back');
    // Keys are numbered as entries are, but for a log that has the same bytes twice.
    const areNumbered = this.#known.size === this.#size;
    let lines: string[] = [];
    let size = 0;
    for (const each of refused) {
      const isFirst = this.#isFirst(each.bytes);
      each.ids?.push(areNumbered ? this.#idOfLast() : undefined);
      if (!isFirst) continue;
      const line = printEntry(each, atMs);
      const lineSize = Buffer.byteLength(line);
      if (size > 0 && size + lineSize > PART_BYTES) {
        yield { bytes: Buffer.from(lines.join('')), count: lines.length };
        lines = [];
        size = 0;
      }
      lines.push(line);
      size += lineSize;
    }
    if (size > 0) yield { bytes: Buffer.from(lines.join('')), count: lines.length };
  }

  /** Remembers where the next `count` of the claimed entries stand in the log. */
  add(at: LogPosition, count: number): void {
    this.#known.keep(count);
    this.#remember(at, count);
  }

  /** Forgets the claimed entries that did not become durable. */
  undo(): void {
    this.#known.undo();
  }

  /** Remembers the entries of a frame that was read from the log. */
  addStored(at: LogPosition, lines: Uint8Array): void {
    const entries = parseEntries(lines);
    for (const { record, encoding } of entries) this.#isFirst(Buffer.from(record, encoding));
    this.#known.keep(this.#known.undoable);
    this.#remember(at, entries.length);
  }

  /** Whether a record's bytes were not known; now they are. */
  #isFirst(bytes: Uint8Array): boolean {
    // Loaded with the first refused record, as most processes see none and it takes long.
    const digest = process.getBuiltinModule('node:crypto').hash('sha256', bytes, 'buffer');
    for (let word = 0; word < KEY_WORDS; word++)
      this.#words[word] = digest.readInt32LE(word * this.#words.BYTES_PER_ELEMENT);
    this.#hashes[0] = keyHash(this.#words, 0);
    return this.#known.claim(this.#words, this.#hashes, 1).length === 1;
  }

  /** The id of the entry whose bytes were asked for last. */
  #idOfLast(): number {
    return present(this.#known.numberOf(this.#words, 0, this.#hashes[0] as number), 'now it is known') + 1;
  }

  #remember(at: LogPosition, count: number): void {
    if (count === 0) return;
    this.#frames.push({ at, count });
    this.#size += count;
  }

  /** @throws DaybookError `BAD_QUERY` when there is no such entry */
  check(id: number): void {
    if (id >= 1 && id <= this.#size) return;
    throw new DaybookError(
      'BAD_QUERY',
      `There is no entry ${id}; the quarantine has ${counted(this.#size, 'record')}.`,
    );
  }

  /** Entries, newest first, with their marks. */
  async page(log: Log, query: QuarantineQuery, putBacks: PutBacks): Promise<QuarantinePage> {
    const total = this.#size;
    const { limit, offset, open } = 'id' in query ? { limit: 1, offset: total - query.id, open: false } : query;
    if (offset < 0) return { total, open: total - putBacks.size, entries: [] };
    const isWanted = (id: number): boolean => open !== true || putBacks.of(id) === undefined;
    let newestId = total;
    for (let passed = 0; newestId >= 1 && (passed < offset || !isWanted(newestId)); newestId--) {
      if (isWanted(newestId)) passed++;
    }
    let oldestId = newestId + 1;
    for (let found = 0; oldestId > 1 && found < limit;) {
      oldestId--;
      if (isWanted(oldestId)) found++;
    }
    const entries: QuarantineEntry[] = [];
    for await (const entry of this.#between(log, oldestId, newestId)) {
      if (isWanted(entry.id))
        entries.push({ ...(limit === 1 ? entry : listed(entry)), putBack: putBacks.of(entry.id) });
    }
    return { total, open: total - putBacks.size, entries };
  }

  /** Entries, newest first. Each frame that has some of them is read once, and none is held longer than it is looked at. */
  async *#between(log: Log, oldestId: number, newestId: number): AsyncGenerator<QuarantineEntry> {
    const total = this.#size;
    let above = total;
    for (let index = this.#frames.length - 1; index >= 0 && above >= oldestId; index--) {
      const { at, count } = present(this.#frames[index], 'the index is below the length');
      const first = above - count + 1;
      const from = Math.max(first, oldestId);
      const to = Math.min(above, newestId);
      if (from <= to) {
        const { quarantine } = await log.readFrame(at);
        const stored = parseEntries(quarantine, from - first, to - first + 1);
        for (let id = to; id >= from; id--)
          yield { id, ...present(stored[id - from], 'a frame has as many as it says') };
      }
      above -= count;
    }
  }

  /** For a checkpoint; `load` takes it back. The fingerprints are not copied: see `KeyTable.keptKeys`. */
  save(): { readonly facts: QuarantineFacts; readonly arrays: readonly [Keys] } {
    return { facts: { frames: [...this.#frames] }, arrays: [this.#known.keptKeys()] };
  }

  static load({ frames }: QuarantineFacts, sections: SectionReader): Quarantine {
    const quarantine = new Quarantine();
    quarantine.#known.load(sections.int32());
    for (const { at, count } of frames) quarantine.#remember(at, count);
    return quarantine;
  }
}

/** An entry as it stands in a list of several. */
function listed(entry: QuarantineEntry): QuarantineEntry {
  const { record, encoding, converted, ...rest } = entry;
  const cutFrom = Buffer.byteLength(record, encoding);
  if (cutFrom + Buffer.byteLength(converted ?? '') <= LISTED_BYTES_MAX) return entry;
  // A copy of the start, as a slice of a text holds all of it. In base64 a byte takes less than two characters.
  const start = listedStart(Buffer.from(record.slice(0, 2 * LISTED_START_BYTES), encoding));
  return { ...rest, record: Buffer.from(start).toString(encoding), encoding, cutFrom };
}

/** An entry as a line of JSON, as the log and the quarantine's topic keep it. */
export function printEntry({ refusal, line, origin, bytes, converted }: Refused, atMs: number): string {
  // In JSON, a byte of a text may take six.
  const encoding = bytes.length <= TEXT_BYTES_MAX && isUtf8(bytes) ? 'utf8' : 'base64';
  const record = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString(encoding);
  const isShort = converted !== undefined && Buffer.byteLength(converted) <= CONVERTED_BYTES_MAX;
  const entry: StoredEntry = { atMs, origin, line, ...refusal, record, encoding, ...(isShort && { converted }) };
  return `${JSON.stringify(entry)}\n`;
}

/** Entries `from` to `to - 1` of those that stand in lines; others are not parsed. */
function parseEntries(lines: Uint8Array, from = 0, to = Infinity): readonly StoredEntry[] {
  const bytes = Buffer.from(lines.buffer, lines.byteOffset, lines.length);
  const entries: StoredEntry[] = [];
  for (let start = 0, index = 0; start < bytes.length && index < to; index++) {
    const end = bytes.indexOf(LINE_FEED, start);
    if (index >= from) entries.push(JSON.parse(bytes.toString('utf8', start, end)) as StoredEntry);
    start = end + 1;
  }
  return entries;
}
