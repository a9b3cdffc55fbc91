import { assert } from '../base/assert.ts';
import { DaybookError } from '../base/errors.ts';
import { SLACK_BYTES, withSlack } from '../base/slack.ts';
import { grownInt32, powerOfTwo } from '../base/typed-arrays.ts';
import { textHash } from './text-hash.ts';

const NULL_ID = 0;
const SLOT_SHIFT = 2;
const SLOT_WORDS = 1 << SLOT_SHIFT;
/** All texts together: where they begin is kept in 32 bits. */
const BYTES_MAX = 2 ** 31 - 1;
/** Of a text in a message, in UTF-16 units. */
const SHOWN_MAX = 60;

/** What of a dictionary goes into a checkpoint. */
export interface SavedTexts {
  /** All texts in UTF-8, one behind the other, in the order of their ids. */
  readonly arena: Uint8Array;
  /** Where each text ends in `arena`. */
  readonly ends: Int32Array;
}

/**
 * Texts by small whole numbers: equal texts (byte for byte in UTF-8) have one id, from 1 on in the order of their
 * coming; 0 is null. Ids are never taken back.
 * Source: open addressing with linear probing, Knuth, TAOCP 3, 6.4.
 */
export class TextDictionary {
  #arena: Uint8Array;
  /** The arena, to be read a word at a time. */
  #words: DataView;
  #arenaSize = 0;
  /** By id: where its text begins; the entry behind the last id is where the next will. */
  #starts: Int32Array;
  /** `SLOT_WORDS` a slot: id, hash, where the text begins, its length. All that a look needs stands together. */
  #slots: Int32Array;
  #size = 0;
  readonly #bytesMax: number;
  readonly #texts: (string | null)[] = [null];
  readonly #encoder = new TextEncoder();
  readonly #decoder = new TextDecoder('utf-8', { ignoreBOM: true });

  /** @param bytesMax  so many bytes its texts may have together */
  constructor(capacity = 64, bytesMax = BYTES_MAX) {
    this.#bytesMax = bytesMax;
    this.#arena = new Uint8Array(capacity * 16 + SLACK_BYTES);
    this.#words = new DataView(this.#arena.buffer);
    this.#starts = new Int32Array(capacity + 2);
    this.#slots = new Int32Array(powerOfTwo(capacity * 2) * SLOT_WORDS);
  }

  /** How many texts there are; the ids are 1 to this. */
  get size(): number {
    return this.#size;
  }

  /** What it holds of memory, about; texts that were decoded for readers not counted. */
  get bytes(): number {
    return this.#arena.byteLength + this.#starts.byteLength + this.#slots.byteLength;
  }

  /**
   * The id of a text; a new one if it is new.
   * @param view   holds the text from `start` to `end`, and `SLACK_BYTES` more
   * @param hash   the text's `textHash`
   * @throws DaybookError `TOO_MANY_TEXTS`
   */
  intern(view: DataView, start: number, end: number, hash: number): number {
    const id = this.find(view, start, end, hash);
    return id === NULL_ID ? this.#add(view, start, end, hash) : id;
  }

  /** The id of a text that is there already, given as to `intern`; 0 when it is not. */
  find(view: DataView, start: number, end: number, hash: number): number {
    const slots = this.#slots;
    const words = this.#words;
    const mask = slots.length - 1;
    const length = end - start;
    for (let slot = firstSlot(hash) & mask; ; slot = (slot + SLOT_WORDS) & mask) {
      const id = slots[slot] as number;
      if (id === NULL_ID) return NULL_ID;
      if (slots[slot + 1] !== hash || slots[slot + 3] !== length) continue;
      const at = slots[slot + 2] as number;
      let i = 0;
      while (i + 4 <= length && words.getInt32(at + i, true) === view.getInt32(start + i, true)) i += 4;
      if (i + 4 <= length) continue;
      const rest = (1 << ((length - i) << 3)) - 1;
      if (((words.getInt32(at + i, true) ^ view.getInt32(start + i, true)) & rest) === 0) return id;
    }
  }

  /**
   * The id of a text; a new one if it is new; 0 for null.
   * @throws DaybookError `TOO_MANY_TEXTS`
   */
  internText(text: string | null): number {
    if (text === null) return NULL_ID;
    const bytes = withSlack(this.#encoder.encode(text));
    const view = new DataView(bytes.buffer);
    return this.intern(view, 0, bytes.length, textHash(view, 0, bytes.length));
  }

  /** The id of a text that is there already; undefined when it is not. */
  findText(text: string): number | undefined {
    const bytes = withSlack(this.#encoder.encode(text));
    const view = new DataView(bytes.buffer);
    const id = this.find(view, 0, bytes.length, textHash(view, 0, bytes.length));
    return id === NULL_ID ? undefined : id;
  }

  /** The text of an id; null for 0. */
  text(id: number): string | null {
    assert(id >= 0 && id <= this.#size, 'a text id is one that the dictionary gave');
    const known = this.#texts[id];
    if (known !== undefined) return known;
    const text = this.#decoder.decode(this.#arena.subarray(this.#starts[id], this.#starts[id + 1]));
    this.#texts[id] = text;
    return text;
  }

  /** A copy of the texts behind the first `from`: for a checkpoint all of them. */
  save(from = 0): SavedTexts {
    const start = this.#starts[from + 1] as number;
    return {
      arena: this.#arena.slice(start, this.#arenaSize),
      ends: this.#starts.slice(from + 2, this.#size + 2).map((end) => end - start),
    };
  }

  /** The ids of texts that `save` saved, in their order. */
  internAll(saved: SavedTexts): Int32Array {
    const arena = withSlack(saved.arena);
    const view = new DataView(arena.buffer);
    let start = 0;
    return saved.ends.map((end) => {
      const id = this.intern(view, start, end, textHash(view, start, end));
      start = end;
      return id;
    });
  }

  /** The dictionary that `save` saved: the same ids. */
  static load(saved: SavedTexts): TextDictionary {
    const dictionary = new TextDictionary(Math.max(64, saved.ends.length));
    dictionary.internAll(saved);
    assert(dictionary.size === saved.ends.length, 'saved texts are all different');
    return dictionary;
  }

  #add(view: DataView, start: number, end: number, hash: number): number {
    const length = end - start;
    if (this.#arenaSize + length > this.#bytesMax) throw this.#tooManyTexts(view, start, end);
    if (this.#arenaSize + length + SLACK_BYTES > this.#arena.length) this.#growArena(length);
    const id = ++this.#size;
    if (id + 1 >= this.#starts.length) this.#starts = grownInt32(this.#starts);
    const at = this.#arenaSize;
    this.#arena.set(new Uint8Array(view.buffer, view.byteOffset + start, length), at);
    this.#arenaSize += length;
    this.#starts[id + 1] = this.#arenaSize;
    occupy(this.#slots, id, hash, at, length);
    if (id * 2 * SLOT_WORDS > this.#slots.length) this.#rehash();
    return id;
  }

  #growArena(length: number): void {
    const twice = Math.min(this.#arena.length * 2, this.#bytesMax + SLACK_BYTES);
    const grown = new Uint8Array(Math.max(twice, this.#arenaSize + length + SLACK_BYTES));
    grown.set(this.#arena.subarray(0, this.#arenaSize));
    this.#arena = grown;
    this.#words = new DataView(grown.buffer);
  }

  #tooManyTexts(view: DataView, start: number, end: number): DaybookError {
    const text = this.#decoder.decode(new Uint8Array(view.buffer, view.byteOffset + start, end - start));
    return new DaybookError(
      'TOO_MANY_TEXTS',
      `There is no room for the text ${JSON.stringify(text.slice(0, SHOWN_MAX))}: the different texts of a field by which ` +
        `reports group, count or select, or of the primary key, may have ${this.#bytesMax} bytes together. Leave that field ` +
        'out of the reports, or have fewer different texts in it; a primary key that is a uuid() has no such limit.',
      { details: { bytesMax: this.#bytesMax, texts: this.#size } },
    );
  }

  #rehash(): void {
    const old = this.#slots;
    this.#slots = new Int32Array(old.length * 2);
    for (let slot = 0; slot < old.length; slot += SLOT_WORDS) {
      const id = old[slot] as number;
      if (id === NULL_ID) continue;
      occupy(this.#slots, id, old[slot + 1] as number, old[slot + 2] as number, old[slot + 3] as number);
    }
  }
}

/** Where a text with this hash is looked for first, as far as the slots' mask lets it. */
function firstSlot(hash: number): number {
  return (hash ^ (hash >>> 15)) << SLOT_SHIFT;
}

function occupy(slots: Int32Array, id: number, hash: number, start: number, length: number): void {
  const mask = slots.length - 1;
  let slot = firstSlot(hash) & mask;
  while (slots[slot] !== NULL_ID) slot = (slot + SLOT_WORDS) & mask;
  slots[slot] = id;
  slots[slot + 1] = hash;
  slots[slot + 2] = start;
  slots[slot + 3] = length;
}
