import { crc32 } from 'node:zlib';
import { assert } from '../base/assert.ts';
import { DaybookError } from '../base/errors.ts';
import type { Disk, DiskFile } from '../ports/disk.ts';
import { KEY_WORDS } from '../record/columns.ts';
import { keyHash, keyPrint, shardOf } from '../record/key-hash.ts';
import { keysInOrder } from './key-order.ts';
import type { KeyTable } from './key-table.ts';

export const KEY_FOLDER = 'keys';
const NAME = /^\d{5}\.keys(\.tmp)?$/;
const MAGIC = 'DAYBOOKK';
const TRAILER_BYTES = 16;
const KEY_BYTES = KEY_WORDS * Int32Array.BYTES_PER_ELEMENT;
const BLOCK_KEYS = 256;
const BLOCK_BYTES = BLOCK_KEYS * KEY_BYTES;
/** Blocks that stand so near are read at once. */
const BLOCKS_APART_MAX = 4;
const READ_BYTES_MAX = 1024 * 1024;
const READS_AT_ONCE = 4;
/** So many keys are written at once; between two writes others have their turn. */
const WRITE_KEYS = 16_384;

/** What a checkpoint says of a file of keys. */
export interface KeyFileFacts {
  /** From 1 to `KEY_FILES_MAX`; also its name. */
  readonly number: number;
  readonly keys: number;
  /** The CRC-32 of its table of CRCs. */
  readonly crc: number;
}

/** A key that is asked for: its words stand at `at`. */
export interface KeyQuestion {
  readonly words: Int32Array;
  readonly at: number;
  isKnown: boolean;
}

/**
 * Keys that have left memory, in a file that never changes, so that any of them can be looked up by one read.
 *
 *   keys/<number, 5 digits>.keys
 *     keys of 16 bytes, in order of shard and print; blocks of 256 keys, the last may be shorter
 *     CRC-32 of each block, u32
 *     trailer: magic "DAYBOOKK", number of keys u32, CRC-32 of the CRCs before u32; all little-endian
 */
export class KeyFile {
  readonly facts: KeyFileFacts;
  /** By block: the order of its first key. */
  readonly #firsts: Float64Array;
  readonly #crcs: Uint32Array;

  constructor(facts: KeyFileFacts, firsts: Float64Array, crcs: Uint32Array) {
    this.facts = facts;
    this.#firsts = firsts;
    this.#crcs = crcs;
  }

  get bytes(): number {
    return this.#firsts.byteLength + this.#crcs.byteLength;
  }

  /**
   * Says of each question whether the file holds its key. Each block is read once at most.
   * @throws DaybookError `KEYS_DAMAGED`, what the disk throws
   */
  async answer(disk: Disk, questions: readonly KeyQuestion[]): Promise<void> {
    const byBlock = new Map<number, KeyQuestion[]>();
    for (const question of questions) {
      const order = orderOf(question.words, question.at);
      for (let block = this.#blockOf(order); (this.#firsts[block] ?? Infinity) <= order; block++) {
        const others = byBlock.get(block);
        if (others === undefined) byBlock.set(block, [question]);
        else others.push(question);
      }
    }
    const spans = spansOf([...byBlock.keys()].sort((a, b) => a - b));
    const file = await disk.open(pathOf(this.facts.number), 'read');
    try {
      for (let next = 0; next < spans.length; next += READS_AT_ONCE) {
        await Promise.all(spans.slice(next, next + READS_AT_ONCE).map((span) => this.#look(file, span, byBlock)));
      }
    } finally {
      await file.close();
    }
  }

  /** Reads the first block. @throws DaybookError `KEYS_DAMAGED`, what the disk throws */
  async tryReading(disk: Disk): Promise<void> {
    const file = await disk.open(pathOf(this.facts.number), 'read');
    try {
      await this.#look(file, [0, 0], new Map([[0, []]]));
    } finally {
      await file.close();
    }
  }

  /** The first block that may hold a key of this order. */
  #blockOf(order: number): number {
    let low = 0;
    let high = this.#firsts.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#firsts[middle] as number) < order) low = middle + 1;
      else high = middle;
    }
    return Math.max(0, low - 1);
  }

  async #look(
    file: DiskFile,
    [first, last]: readonly [number, number],
    byBlock: ReadonlyMap<number, readonly KeyQuestion[]>,
  ): Promise<void> {
    const end = Math.min((last + 1) * BLOCK_BYTES, this.facts.keys * KEY_BYTES);
    const read = await file.readAt(first * BLOCK_BYTES, end - first * BLOCK_BYTES);
    for (let block = first; block <= last; block++) {
      const questions = byBlock.get(block);
      if (questions === undefined) continue;
      const bytes = read.subarray((block - first) * BLOCK_BYTES, (block - first + 1) * BLOCK_BYTES);
      if (crc32(bytes) !== this.#crcs[block])
        throw damaged(this.facts.number, `block ${block} is not what was written`);
      const keys = wordsOf(bytes);
      for (const question of questions) question.isKnown ||= holds(keys, question);
    }
  }
}

/**
 * Writes the keys of a table as a file, durably.
 * @param onShard  called for each shard that has keys, with their prints
 * @throws what the disk throws; nothing of the file is left then, if the disk lets it be removed
 */
export async function writeKeyFile(
  disk: Disk,
  number: number,
  table: KeyTable,
  onShard: (shard: number, prints: Uint32Array) => void,
): Promise<KeyFile> {
  await disk.makeFolder(KEY_FOLDER);
  const path = pathOf(number);
  const temporary = `${path}.tmp`;
  await disk.remove(temporary);
  const file = await disk.open(temporary, 'create');
  let written: KeyFile;
  try {
    const writer = new BlockWriter(file, table.size);
    for (const { shard, keys, prints } of keysInOrder(table)) {
      writer.add(keys);
      onShard(shard, prints);
      if (writer.isFull) await writer.write();
    }
    written = await writer.end(number);
    await file.close();
    await disk.rename(temporary, path);
  } catch (error) {
    await Promise.allSettled([file.close(), disk.remove(temporary)]);
    throw error;
  }
  await disk.syncFolder(KEY_FOLDER);
  return written;
}

/** Writes keys in their order, and works out what the blocks begin with and their CRCs. */
class BlockWriter {
  readonly #file: DiskFile;
  /** How many keys there are to be. */
  readonly #keys: number;
  readonly #firsts: Float64Array;
  readonly #crcs: Uint32Array;
  /** Keys that are not written yet. */
  #held = new Int32Array(2 * WRITE_KEYS * KEY_WORDS);
  #heldKeys = 0;
  #blocks = 0;

  constructor(file: DiskFile, keys: number) {
    this.#file = file;
    this.#keys = keys;
    this.#firsts = new Float64Array(Math.ceil(keys / BLOCK_KEYS));
    this.#crcs = new Uint32Array(this.#firsts.length);
  }

  get isFull(): boolean {
    return this.#heldKeys >= WRITE_KEYS;
  }

  add(keys: Int32Array): void {
    const end = this.#heldKeys * KEY_WORDS + keys.length;
    if (end > this.#held.length) {
      const held = new Int32Array(end);
      held.set(this.#held.subarray(0, this.#heldKeys * KEY_WORDS));
      this.#held = held;
    }
    this.#held.set(keys, this.#heldKeys * KEY_WORDS);
    this.#heldKeys = end / KEY_WORDS;
  }

  /** Writes the blocks that are whole. */
  async write(): Promise<void> {
    const whole = this.#heldKeys - (this.#heldKeys % BLOCK_KEYS);
    await this.#write(whole);
    this.#held.copyWithin(0, whole * KEY_WORDS, this.#heldKeys * KEY_WORDS);
    this.#heldKeys -= whole;
  }

  /** Writes the rest and makes all of it durable. */
  async end(number: number): Promise<KeyFile> {
    await this.write();
    const position = this.#blocks * BLOCK_BYTES + this.#heldKeys * KEY_BYTES;
    const keys = position / KEY_BYTES;
    await this.#write(this.#heldKeys);
    assert(keys === this.#keys, 'all keys of the table are written');
    const facts = { number, keys, crc: crc32(bytesOf(this.#crcs)) };
    await this.#file.writeAt(position, [bytesOf(this.#crcs), trailerOf(facts)]);
    await this.#file.sync();
    return new KeyFile(facts, this.#firsts, this.#crcs);
  }

  async #write(keys: number): Promise<void> {
    if (keys === 0) return;
    const position = this.#blocks * BLOCK_BYTES;
    const bytes = bytesOf(this.#held.subarray(0, keys * KEY_WORDS));
    for (let at = 0; at < bytes.length; at += BLOCK_BYTES) {
      this.#firsts[this.#blocks] = orderOf(this.#held, at / Int32Array.BYTES_PER_ELEMENT);
      this.#crcs[this.#blocks++] = crc32(bytes.subarray(at, at + BLOCK_BYTES));
    }
    await this.#file.writeAt(position, [bytes]);
  }
}

/**
 * Opens a file of keys that a checkpoint names, and reads it through.
 * @param onShard  called with the prints of keys of a shard, in the file's order
 * @throws DaybookError `KEYS_DAMAGED` when it is not there, or not what was written; what the disk throws
 */
export async function openKeyFile(
  disk: Disk,
  facts: KeyFileFacts,
  onShard: (shard: number, prints: Uint32Array) => void,
): Promise<KeyFile> {
  const { number } = facts;
  if (!(await disk.list(KEY_FOLDER)).includes(nameOf(number))) throw damaged(number, 'it is not there');
  const file = await disk.open(pathOf(number), 'read');
  try {
    const blocks = Math.ceil(facts.keys / BLOCK_KEYS);
    const keysEnd = facts.keys * KEY_BYTES;
    const crcsBytes = blocks * Uint32Array.BYTES_PER_ELEMENT;
    const tail = await file.readAt(keysEnd, crcsBytes + TRAILER_BYTES);
    if (tail.length < crcsBytes + TRAILER_BYTES) throw damaged(number, 'its end is missing');
    const crcs = new Uint32Array(copyOf(tail.subarray(0, crcsBytes)).buffer);
    const isWhole = Buffer.from(trailerOf(facts)).equals(tail.subarray(crcsBytes));
    if (!isWhole || crc32(bytesOf(crcs)) !== facts.crc) throw damaged(number, 'its end is not what was written');
    const firsts = new Float64Array(blocks);
    for (let position = 0; position < keysEnd; position += READ_BYTES_MAX) {
      const read = await file.readAt(position, Math.min(READ_BYTES_MAX, keysEnd - position));
      const keys = wordsOf(read);
      for (let at = 0; at < read.length; at += BLOCK_BYTES) {
        const block = (position + at) / BLOCK_BYTES;
        if (crc32(read.subarray(at, at + BLOCK_BYTES)) !== crcs[block]) {
          throw damaged(number, `block ${block} is not what was written`);
        }
        firsts[block] = orderOf(keys, at / Int32Array.BYTES_PER_ELEMENT);
      }
      givePrints(keys, onShard);
    }
    return new KeyFile(facts, firsts, crcs);
  } finally {
    await file.close();
  }
}

/** Gives the prints of keys that stand in order, shard by shard. */
function givePrints(keys: Int32Array, onShard: (shard: number, prints: Uint32Array) => void): void {
  const prints = new Uint32Array(keys.length / KEY_WORDS);
  let first = 0;
  let shard = -1;
  for (let key = 0; key < prints.length; key++) {
    prints[key] = keyPrint(keys, key * KEY_WORDS);
    const its = shardOf(keyHash(keys, key * KEY_WORDS));
    if (its === shard) continue;
    if (key > first) onShard(shard, prints.subarray(first, key));
    first = key;
    shard = its;
  }
  if (prints.length > first) onShard(shard, prints.subarray(first));
}

/** Removes all files of keys but those named. */
export async function removeKeyFiles(disk: Disk, kept: ReadonlySet<number>): Promise<void> {
  const keptNames = new Set([...kept].map(nameOf));
  const names = (await disk.list(KEY_FOLDER)).filter((name) => NAME.test(name) && !keptNames.has(name));
  for (const name of names) await disk.remove(`${KEY_FOLDER}/${name}`);
  if (names.length > 0) await disk.syncFolder(KEY_FOLDER);
}

/** Where a key stands among others: by its shard, then by its print. */
function orderOf(words: Int32Array, at: number): number {
  return shardOf(keyHash(words, at)) * 2 ** 32 + keyPrint(words, at);
}

function holds(keys: Int32Array, { words, at }: KeyQuestion): boolean {
  for (let k = 0; k < keys.length; k += KEY_WORDS) {
    let word = 0;
    while (word < KEY_WORDS && keys[k + word] === words[at + word]) word++;
    if (word === KEY_WORDS) return true;
  }
  return false;
}

/** Runs of blocks that are read at once, each from its first to its last block. */
function spansOf(blocks: readonly number[]): readonly (readonly [number, number])[] {
  const spans: [number, number][] = [];
  for (const block of blocks) {
    const span = spans.at(-1);
    const fits = span !== undefined && block - span[1] <= BLOCKS_APART_MAX;
    if (fits && (block + 1 - span[0]) * BLOCK_BYTES <= READ_BYTES_MAX) span[1] = block;
    else spans.push([block, block]);
  }
  return spans;
}

function trailerOf({ keys, crc }: KeyFileFacts): Uint8Array {
  const trailer = Buffer.alloc(TRAILER_BYTES);
  trailer.write(MAGIC, 'latin1');
  trailer.writeUInt32LE(keys, 8);
  trailer.writeUInt32LE(crc, 12);
  return trailer;
}

function wordsOf(bytes: Uint8Array): Int32Array {
  // A copy where the bytes do not stand at a multiple of four.
  const aligned = bytes.byteOffset % Int32Array.BYTES_PER_ELEMENT === 0 ? bytes : copyOf(bytes);
  return new Int32Array(aligned.buffer, aligned.byteOffset, Math.floor(aligned.byteLength / 4));
}

/** A copy in a buffer of its own, also of a Buffer, whose slices are views. */
function copyOf(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  return new Uint8Array(bytes);
}

function bytesOf(array: Uint32Array | Int32Array): Uint8Array {
  return new Uint8Array(array.buffer, array.byteOffset, array.byteLength);
}

function nameOf(number: number): string {
  return `${number.toString().padStart(5, '0')}.keys`;
}

function pathOf(number: number): string {
  return `${KEY_FOLDER}/${nameOf(number)}`;
}

function damaged(number: number, what: string): DaybookError {
  const path = pathOf(number);
  return new DaybookError(
    'KEYS_DAMAGED',
    `The keys in ${path} cannot be relied on: ${what}. Start Daybook again, and they are computed again from the log.`,
    { details: { path } },
  );
}
