import { SLACK_BYTES } from '../base/slack.ts';
import type { RecordColumns } from './columns.ts';
import { KEY_WORDS } from './columns.ts';
import { PackedLines } from './packed-lines.ts';
import type { FieldRole } from './roles.ts';

/** About the shortest that a record is: so many rows there is room for at first. */
const RECORD_BYTES_ABOUT = 300;
/** Starts, ends, lines, days, hashes and the ends of packed records. */
const WORD_COLUMNS = 6;

const PACKED_SPARE_BYTES = 64;

/** Memory for columns, used again and again. */
export type Room = SharedArrayBuffer | ArrayBuffer;

/** Columns while a batch is read into them. All of them stand in one room, so that they are handed over as one. */
export class ReadingColumns implements RecordColumns {
  count = 0;
  /** The number of the next line. */
  line: number;
  /** How many rows there is room for. */
  capacity = 0;
  /** The lines, with `SLACK_BYTES` behind them. */
  readonly bytes: Uint8Array;
  isPlain = true;
  /** What is packed so far, if records are. */
  packed: PackedLines | undefined;
  starts!: Int32Array;
  ends!: Int32Array;
  lines!: Int32Array;
  keys!: Int32Array;
  hashes!: Int32Array;
  days!: Int32Array;
  ids!: readonly (Int32Array | undefined)[];
  values!: readonly (Float64Array | undefined)[];
  room!: Room;
  /** All of the room. */
  roomView!: Buffer;
  readonly #roles: readonly FieldRole[];
  /** Room for packed records, behind the columns. */
  readonly #packedBytes: number;
  #packs: boolean;

  /**
   * @param lines  with `SLACK_BYTES` behind them in their buffer
   * @param room   where the columns are to stand; their own unless told
   * @param packs  whether the records are packed while they are read
   */
  constructor(lines: Uint8Array, firstLine: number, roles: readonly FieldRole[], room?: Room, packs = false) {
    this.bytes = new Uint8Array(lines.buffer, lines.byteOffset, lines.length + SLACK_BYTES);
    this.line = firstLine;
    this.#roles = roles;
    this.#packs = packs;
    this.#packedBytes = packs ? packedBytes(lines.length) : 0;
    const given = room ?? new ArrayBuffer(roomBytes(lines.length, roles, packs));
    this.#moveTo(given.byteLength < this.#packedBytes ? sameKind(given, this.#packedBytes) : given);
  }

  /** Makes room for twice as many rows. */
  grow(): void {
    const { starts, ends, lines, keys, hashes, days, ids, values } = this;
    const columnsBytes = Math.max(this.room.byteLength - this.#packedBytes, rowBytes(this.#roles)) * 2;
    this.#moveTo(sameKind(this.room, columnsBytes + this.#packedBytes));
    this.starts.set(starts);
    this.ends.set(ends);
    this.lines.set(lines);
    this.keys.set(keys);
    this.hashes.set(hashes);
    this.days.set(days);
    ids.forEach((each, index) => each && this.ids[index]?.set(each));
    values.forEach((each, index) => each && this.values[index]?.set(each));
  }

  /** Leaves the batch's records unpacked. */
  stopPacking(): void {
    this.packed = undefined;
    this.#packs = false;
  }

  #moveTo(room: Room): void {
    const columnsBytes = room.byteLength - this.#packedBytes;
    const capacity = Math.floor(columnsBytes / rowBytes(this.#roles));
    let at = 0;
    const words = (perRow = 1): Int32Array => {
      const array = new Int32Array(room, at, capacity * perRow);
      at += array.byteLength;
      return array;
    };
    // Floats first, as they must stand at multiples of their size.
    this.values = this.#roles.map((role) => {
      if (!role.value) return undefined;
      const array = new Float64Array(room, at, capacity);
      at += array.byteLength;
      return array;
    });
    this.keys = words(KEY_WORDS);
    this.hashes = words();
    this.starts = words();
    this.ends = words();
    this.lines = words();
    this.days = words();
    this.ids = this.#roles.map((role) => (role.id ? words() : undefined));
    const packedEnds = words();
    this.room = room;
    this.roomView = Buffer.from(room);
    this.capacity = capacity;
    const packedRoom = this.roomView.subarray(columnsBytes);
    if (this.packed !== undefined) this.packed.moveTo(packedRoom, packedEnds);
    else if (this.#packs) this.packed = new PackedLines(packedRoom, packedEnds);
  }
}

function sameKind(room: Room, bytes: number): Room {
  return room instanceof ArrayBuffer ? new ArrayBuffer(bytes) : new SharedArrayBuffer(bytes);
}

/** How much room the columns of so many bytes of lines need, mostly, and their packed records if there are to be any. */
export function roomBytes(lineBytes: number, roles: readonly FieldRole[], packs: boolean): number {
  return (Math.ceil(lineBytes / RECORD_BYTES_ABOUT) + 1) * rowBytes(roles) + (packs ? packedBytes(lineBytes) : 0);
}

/** What is packed is hardly ever longer than the lines. */
function packedBytes(lineBytes: number): number {
  return lineBytes + PACKED_SPARE_BYTES;
}

function rowBytes(roles: readonly FieldRole[]): number {
  const words = roles.filter(({ id }) => id).length + KEY_WORDS + WORD_COLUMNS;
  const floats = roles.filter(({ value }) => value).length;
  return words * Int32Array.BYTES_PER_ELEMENT + floats * Float64Array.BYTES_PER_ELEMENT;
}
