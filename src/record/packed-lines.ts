import type { PackedRecords } from './columns.ts';

const LINE_FEED = 10;
/** Stands for a line that is not packed. */
const LINE = 0;

/** How long the parts of packed records are that stand one behind the other, in bytes. */
export interface PackedLengths {
  readonly records: number;
  readonly forms: number;
  readonly templates: number;
}

/** A batch's records as they are packed while it is read (`ports/packed-records.ts`), in room that it is given. */
export class PackedLines implements PackedRecords {
  ends: Int32Array;
  /** Who packs them: forms and templates are its own. */
  packer: object | undefined;
  #room: Buffer;
  #records = 0;
  #formsAt = 0;
  #forms = 0;
  #templates = 0;

  /** @param ends  the column of where each record ends */
  constructor(room: Buffer, ends: Int32Array) {
    this.#room = room;
    this.ends = ends;
  }

  /** How long the records are so far. */
  get length(): number {
    return this.#records;
  }

  get lengths(): PackedLengths {
    return { records: this.#records, forms: this.#forms, templates: this.#templates };
  }

  get records(): Uint8Array {
    return this.#room.subarray(0, this.#records);
  }

  get forms(): Uint8Array {
    return this.#room.subarray(this.#formsAt, this.#formsAt + this.#forms);
  }

  get templates(): Uint8Array {
    const at = this.#formsAt + this.#forms;
    return this.#room.subarray(at, at + this.#templates);
  }

  /** Goes to another room, with all that there is. */
  moveTo(room: Buffer, ends: Int32Array): void {
    this.#room.copy(room, 0, 0, this.#records);
    ends.set(this.ends);
    this.#room = room;
    this.ends = ends;
  }

  /** Takes records that stand somewhere in memory. @returns false when there is no room for them */
  add(memory: Buffer, start: number, end: number): boolean {
    if (this.#records + end - start > this.#room.length) return false;
    memory.copy(this.#room, this.#records, start, end);
    this.#records += end - start;
    return true;
  }

  /** Takes a record as its line, without a carriage return. @returns false when there is no room for it */
  addLine(line: Uint8Array, row: number): boolean {
    const end = this.#records + line.length + 2;
    if (end > this.#room.length) return false;
    this.#room[this.#records] = LINE;
    this.#room.set(line, this.#records + 1);
    this.#room[end - 1] = LINE_FEED;
    this.ends[row] = end;
    this.#records = end;
    return true;
  }

  /** Whether these bytes stand somewhere in the records. */
  holds(bytes: Buffer): boolean {
    return this.#room.subarray(0, this.#records).includes(bytes);
  }

  /** Takes what the records are unpacked with. @returns false when there is no room for it */
  finish(forms: Uint8Array, templates: Uint8Array): boolean {
    if (this.#records + forms.length + templates.length > this.#room.length) return false;
    this.#formsAt = this.#records;
    this.#room.set(forms, this.#formsAt);
    this.#room.set(templates, this.#formsAt + forms.length);
    this.#forms = forms.length;
    this.#templates = templates.length;
    return true;
  }

  keep(isKept: Uint8Array): void {
    let [count, length, start] = [0, 0, 0];
    isKept.forEach((kept, row) => {
      const end = this.ends[row] as number;
      if (kept !== 0) {
        this.#room.copyWithin(length, start, end);
        length += end - start;
        this.ends[count++] = length;
      }
      start = end;
    });
    this.#records = length;
  }

  /** Says what there is in a room that others have filled. */
  adopt({ records, forms, templates }: PackedLengths): void {
    this.#records = records;
    this.#formsAt = records;
    this.#forms = forms;
    this.#templates = templates;
  }
}
