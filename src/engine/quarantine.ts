import { isUtf8 } from 'node:buffer';
import { hash } from 'node:crypto';
import { assert, present } from '../base/assert.ts';
import { counted } from '../base/counted.ts';
import { DaybookError } from '../base/errors.ts';
import type { Log, LogPosition } from '../ports/log.ts';
import type { Origin, QuarantineEntry, QuarantinePage, QuarantineQuery, Refusal } from '../ports/runtime.ts';
import type { PutBacks } from './put-backs.ts';

const LINE_FEED = 10;
/** One frame is given so many bytes of entries. */
const PART_BYTES = 16 * 1024 * 1024;
/** Longer records are not kept as text. */
const TEXT_BYTES_MAX = 8 * 1024 * 1024;
/** A longer record could not be kept in one frame. */
export const REFUSED_BYTES_MAX = 40 * 1024 * 1024;
const OWN_BYTES_MAX = 16;

/** An entry as the log keeps it; its id is its place in the quarantine. */
type StoredEntry = Omit<QuarantineEntry, 'id' | 'putBack'>;

/** A record that was refused, with its bytes as they came. */
export interface Refused {
  readonly refusal: Refusal;
  readonly line: number;
  readonly origin: Origin;
  readonly bytes: Uint8Array;
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
  readonly known: readonly string[];
}

/**
 * The index of what was refused; the records themselves stay in the log. The same bytes refused twice are kept once, so
 * that a batch sent again, or a file imported again, changes nothing here either.
 */
export class Quarantine {
  readonly #frames: FrameEntries[];
  /** The fingerprints of all entries, and of those that `claim` gave. */
  readonly #known: Set<string>;
  /** The fingerprints that the last `claim` added, in their order, and how many of them are durable. */
  #claimed: string[] = [];
  #durable = 0;
  #size: number;

  constructor(facts: QuarantineFacts = { frames: [], known: [] }) {
    this.#frames = [...facts.frames];
    this.#known = new Set(facts.known);
    this.#size = this.#frames.reduce((sum, { count }) => sum + count, 0);
  }

  get size(): number {
    return this.#size;
  }

  /**
   * Entries for those whose bytes were not refused before, each once, in parts of `PART_BYTES` at most, unless a single
   * entry is larger. Parts are made as they are asked for, so that millions of refused lines do not fill the memory.
   * `add` must be told of each part once it is durable, in their order; `undo` takes back the others.
   */
  *claim(refused: Iterable<Refused>, atMs: number): Generator<QuarantinePart> {
    this.#claimed = [];
    this.#durable = 0;
    let lines: string[] = [];
    let size = 0;
    for (const each of refused) {
      const fingerprint = fingerprintOf(each.bytes);
      const knownBefore = this.#known.size;
      if (this.#known.add(fingerprint).size === knownBefore) continue;
      this.#claimed.push(fingerprint);
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
    assert(this.#durable + count <= this.#claimed.length, 'entries were claimed before they became durable');
    this.#durable += count;
    this.#remember(at, count);
  }

  /** Forgets the claimed entries that did not become durable. */
  undo(): void {
    for (const fingerprint of this.#claimed.slice(this.#durable)) this.#known.delete(fingerprint);
    this.#claimed = [];
    this.#durable = 0;
  }

  /** Remembers the entries of a frame that was read from the log. */
  addStored(at: LogPosition, lines: Uint8Array): void {
    const entries = parseEntries(lines);
    for (const { record, encoding } of entries) this.#known.add(fingerprintOf(Buffer.from(record, encoding)));
    this.#remember(at, entries.length);
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
  async page(log: Log, { limit, offset, open }: QuarantineQuery, putBacks: PutBacks): Promise<QuarantinePage> {
    const total = this.#size;
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
    const entries = await this.#between(log, oldestId, newestId);
    return {
      total,
      open: total - putBacks.size,
      entries: entries.filter(({ id }) => isWanted(id)).map((each) => ({ ...each, putBack: putBacks.of(each.id) })),
    };
  }

  /** Entries, newest first. Each frame that has some of them is read once. */
  async #between(log: Log, oldestId: number, newestId: number): Promise<readonly QuarantineEntry[]> {
    const total = this.#size;
    const entries: QuarantineEntry[] = [];
    let above = total;
    for (let index = this.#frames.length - 1; index >= 0 && above >= oldestId; index--) {
      const { at, count } = present(this.#frames[index], 'the index is below the length');
      const first = above - count + 1;
      const from = Math.max(first, oldestId);
      const to = Math.min(above, newestId);
      if (from <= to) {
        const { quarantine } = await log.readFrame(at);
        const stored = parseEntries(quarantine, from - first, to - first + 1);
        stored.toReversed().forEach((entry, place) => entries.push({ id: to - place, ...entry }));
      }
      above -= count;
    }
    return entries;
  }

  /** What a checkpoint needs. */
  save(): QuarantineFacts {
    return { frames: [...this.#frames], known: [...this.#known] };
  }
}

/** An entry as a line of JSON, as the log and the quarantine's topic keep it. */
export function printEntry({ refusal, line, origin, bytes }: Refused, atMs: number): string {
  // In JSON, a byte of a text may take six.
  const encoding = bytes.length <= TEXT_BYTES_MAX && isUtf8(bytes) ? 'utf8' : 'base64';
  const record = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString(encoding);
  const entry: StoredEntry = { atMs, origin, line, ...refusal, record, encoding };
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

/** What tells records from others: a short one by itself, a longer one by 132 bits of its SHA-256. */
function fingerprintOf(bytes: Uint8Array): string {
  if (bytes.length > OWN_BYTES_MAX) return hash('sha256', bytes, 'base64url').slice(0, 22);
  return `=${Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('latin1')}`;
}
