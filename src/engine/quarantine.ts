import { isUtf8 } from 'node:buffer';
import { createHash } from 'node:crypto';
import { present } from '../base/assert.ts';
import type { Log, LogPosition } from '../ports/log.ts';
import type { Origin, QuarantineEntry, QuarantinePage, Refusal } from '../ports/runtime.ts';

/** An entry as the log keeps it; its id is its place in the quarantine. */
type StoredEntry = Omit<QuarantineEntry, 'id'>;

/** A record that was refused, with its bytes as they came. */
export interface Refused {
  readonly refusal: Refusal;
  readonly line: number;
  readonly origin: Origin;
  readonly bytes: Uint8Array;
}

/** Where an entry stands: the frame, and its place in it. */
interface EntryPlace {
  readonly at: LogPosition;
  readonly index: number;
}

/** What a checkpoint keeps of the quarantine. */
export interface QuarantineFacts {
  readonly places: readonly EntryPlace[];
  readonly known: readonly string[];
}

/**
 * The index of what was refused; the records themselves stay in the log. The same bytes refused twice are kept once, so
 * that a batch sent again, or a file imported again, changes nothing here either.
 */
export class Quarantine {
  readonly #places: EntryPlace[];
  readonly #known: Set<string>;

  constructor(facts: QuarantineFacts = { places: [], known: [] }) {
    this.#places = [...facts.places];
    this.#known = new Set(facts.known);
  }

  get size(): number {
    return this.#places.length;
  }

  /** Those whose bytes were not refused before, each once. `fingerprints` go to `add` once they are durable. */
  pick(refused: readonly Refused[]): { readonly picked: readonly Refused[]; readonly fingerprints: readonly string[] } {
    const fresh = new Map<string, Refused>();
    for (const each of refused) {
      const fingerprint = fingerprintOf(each.bytes);
      if (!this.#known.has(fingerprint) && !fresh.has(fingerprint)) fresh.set(fingerprint, each);
    }
    return { picked: [...fresh.values()], fingerprints: [...fresh.keys()] };
  }

  /** Remembers entries that stand in a frame of the log. */
  add(at: LogPosition, fingerprints: readonly string[]): void {
    fingerprints.forEach((fingerprint, index) => {
      this.#known.add(fingerprint);
      this.#places.push({ at, index });
    });
  }

  /** Remembers the entries of a frame that was read from the log. */
  addStored(at: LogPosition, lines: Uint8Array): void {
    this.add(
      at,
      parseEntries(lines).map((entry) => fingerprintOf(Buffer.from(entry.record, entry.encoding))),
    );
  }

  /** Entries, newest first. */
  async page(log: Log, limit: number, offset: number): Promise<QuarantinePage> {
    const total = this.#places.length;
    const entries: QuarantineEntry[] = [];
    let read: { readonly at: LogPosition; readonly entries: readonly StoredEntry[] } | undefined;
    for (let id = total - offset; id > Math.max(0, total - offset - limit); id--) {
      const place = present(this.#places[id - 1], 'each id has a place');
      if (read?.at !== place.at)
        read = { at: place.at, entries: parseEntries((await log.readFrame(place.at)).quarantine) };
      entries.push({ id, ...present(read.entries[place.index], 'a frame holds the entries that were put there') });
    }
    return { total, entries };
  }

  /** What a checkpoint needs. */
  save(): QuarantineFacts {
    return { places: [...this.#places], known: [...this.#known] };
  }
}

/** Refused records as lines of JSON, for a frame. */
export function printEntries(refused: readonly Refused[], atMs: number): Uint8Array {
  const lines = refused.map(({ refusal, line, origin, bytes }) => {
    const encoding = isUtf8(bytes) ? 'utf8' : 'base64';
    const record = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString(encoding);
    const entry: StoredEntry = { atMs, origin, line, ...refusal, record, encoding };
    return `${JSON.stringify(entry)}\n`;
  });
  return Buffer.from(lines.join(''));
}

function parseEntries(lines: Uint8Array): readonly StoredEntry[] {
  const text = Buffer.from(lines.buffer, lines.byteOffset, lines.length).toString('utf8');
  return text
    .split('\n')
    .slice(0, -1)
    .map((line) => JSON.parse(line) as StoredEntry);
}

function fingerprintOf(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('base64url').slice(0, 22);
}
