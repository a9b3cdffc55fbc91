import type { RecordColumns } from './columns.ts';
import { KEY_WORDS } from './columns.ts';
import type { FieldRole } from './roles.ts';
import { grownFloat64, grownInt32 } from './text-dictionary.ts';
import { SLACK_BYTES } from './text-hash.ts';

/** About the shortest that a record is: so many rows there is room for at first. */
const RECORD_BYTES_ABOUT = 300;

/** Columns while a batch is read into them. */
export class ReadingColumns implements RecordColumns {
  count = 0;
  /** The number of the next line. */
  line: number;
  /** How many rows there is room for. */
  capacity: number;
  /** The lines, with `SLACK_BYTES` behind them. */
  readonly bytes: Uint8Array;
  readonly view: DataView;
  starts: Int32Array;
  ends: Int32Array;
  lines: Int32Array;
  keys: Int32Array;
  days: Int32Array;
  ids: readonly (Int32Array | undefined)[];
  values: readonly (Float64Array | undefined)[];

  /** @param lines  with `SLACK_BYTES` behind them in their buffer */
  constructor(lines: Uint8Array, firstLine: number, roles: readonly FieldRole[]) {
    const capacity = Math.ceil(lines.length / RECORD_BYTES_ABOUT) + 1;
    this.bytes = new Uint8Array(lines.buffer, lines.byteOffset, lines.length + SLACK_BYTES);
    this.view = new DataView(lines.buffer, lines.byteOffset, lines.length + SLACK_BYTES);
    this.line = firstLine;
    this.capacity = capacity;
    this.starts = new Int32Array(capacity);
    this.ends = new Int32Array(capacity);
    this.lines = new Int32Array(capacity);
    this.keys = new Int32Array(capacity * KEY_WORDS);
    this.days = new Int32Array(capacity);
    this.ids = roles.map((role) => (role.id ? new Int32Array(capacity) : undefined));
    this.values = roles.map((role) => (role.value ? new Float64Array(capacity) : undefined));
  }

  /** Makes room for twice as many rows. */
  grow(): void {
    this.capacity *= 2;
    this.starts = grownInt32(this.starts);
    this.ends = grownInt32(this.ends);
    this.lines = grownInt32(this.lines);
    this.keys = grownInt32(this.keys);
    this.days = grownInt32(this.days);
    this.ids = this.ids.map((array) => array && grownInt32(array));
    this.values = this.values.map((array) => array && grownFloat64(array));
  }
}
