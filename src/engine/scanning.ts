import { hasSlack, SLACK_BYTES } from '../base/slack.ts';
import type { Plan } from '../plan/plan.ts';
import type { RecordColumns, ScannedLines } from '../record/columns.ts';
import type { Dictionaries } from '../record/dictionaries.ts';
import type { ScanElsewhere } from '../record/foreign-scan.ts';
import { ForeignIds } from '../record/foreign-scan.ts';
import type { ReadingColumns, Room } from '../record/reading-columns.ts';
import { Scanner } from '../record/scanner.ts';

/** From so many bytes on a batch is worth the way to another thread. */
const ELSEWHERE_BYTES_MIN = 256 * 1024;
/** Shorter ones are hardly shorter when they are packed, with what their records are unpacked with. */
const PACKED_BYTES_MIN = 2048;
/** Rooms of columns are kept for the next batches, of each kind so many bytes, unless they are small. */
const ROOMS_BYTES_MAX = 96 * 1024 * 1024;
const ROOM_BYTES_MIN = 16 * 1024;

/**
 * Scans batches in the order in which they come: small ones here and now, large ones elsewhere while this thread writes
 * and adds up the ones before. A small one that comes behind a large one goes the same way, so that none overtakes.
 */
export class Scanning {
  readonly #here: Scanner;
  readonly #elsewhere: ScanElsewhere | undefined;
  readonly #foreignIds: ForeignIds;
  /** Rooms of columns that nobody looks at any more: the thread's own, and those that threads share. */
  readonly #rooms: Room[] = [];
  readonly #sharedRooms: Room[] = [];
  #underWay = 0;
  #idle: PromiseWithResolvers<void> | undefined;

  constructor(plan: Plan, dictionaries: Dictionaries, elsewhere: ScanElsewhere | undefined) {
    this.#here = new Scanner(plan, dictionaries);
    this.#elsewhere = elsewhere;
    this.#foreignIds = new ForeignIds(plan, dictionaries);
  }

  /** Scans here and now what the log has already. Lines are counted from 1. */
  scanStored(lines: Uint8Array): ScannedLines {
    return this.#scanHere(lines, false);
  }

  /** The scanned lines, counted from 1; a promise of them when they are scanned elsewhere. */
  scan(lines: Uint8Array): ScannedLines | Promise<ScannedLines> {
    const isLarge = lines.length >= ELSEWHERE_BYTES_MIN;
    const packs = lines.length >= PACKED_BYTES_MIN;
    if (this.#elsewhere === undefined) return this.#scanHere(lines, packs);
    if (this.#underWay === 0 && !(isLarge && this.#elsewhere.isReady())) return this.#scanHere(lines, packs);
    return this.#scanElsewhere(this.#elsewhere, lines);
  }

  /** Says that nobody looks at the columns any more: others will stand in their room. */
  release(columns: RecordColumns): void {
    const { room } = columns as ReadingColumns;
    if (room.byteLength < ROOM_BYTES_MIN) return;
    const rooms = room instanceof SharedArrayBuffer ? this.#sharedRooms : this.#rooms;
    const bytes = rooms.reduce((sum, { byteLength }) => sum + byteLength, room.byteLength);
    if (bytes <= ROOMS_BYTES_MAX) rooms.push(room);
  }

  /** Resolves when no batch is being scanned elsewhere. */
  idle(): Promise<void> {
    if (this.#underWay === 0) return Promise.resolve();
    this.#idle ??= Promise.withResolvers<void>();
    return this.#idle.promise;
  }

  async close(): Promise<void> {
    await this.#elsewhere?.close();
  }

  #scanHere(lines: Uint8Array, packs: boolean): ScannedLines {
    const bytes = this.#foreignIds.roomBytes(lines.length, packs);
    const room = bytes < ROOM_BYTES_MIN ? undefined : this.#roomOf(this.#rooms, bytes);
    return this.#here.scan(lines, 1, room ?? new ArrayBuffer(bytes), packs);
  }

  #roomOf(rooms: Room[], bytes: number): Room | undefined {
    const at = rooms.findIndex((room) => room.byteLength >= bytes);
    return at === -1 ? undefined : rooms.splice(at, 1)[0];
  }

  async #scanElsewhere(elsewhere: ScanElsewhere, lines: Uint8Array): Promise<ScannedLines> {
    this.#underWay++;
    try {
      const theirs = shared(lines);
      const bytes = this.#foreignIds.roomBytes(theirs.length, true);
      const room = this.#roomOf(this.#sharedRooms, bytes) ?? new SharedArrayBuffer(bytes);
      return this.#foreignIds.adopt(theirs, await elsewhere.scan(theirs, room));
    } finally {
      if (--this.#underWay === 0) {
        this.#idle?.resolve();
        this.#idle = undefined;
      }
    }
  }
}

/** The same bytes in memory that threads share, with room behind them. */
function shared(lines: Uint8Array): Uint8Array {
  if (lines.buffer instanceof SharedArrayBuffer && hasSlack(lines)) return lines;
  const copy = new Uint8Array(new SharedArrayBuffer(lines.length + SLACK_BYTES));
  copy.set(lines);
  return copy.subarray(0, lines.length);
}
