import { crc32 } from 'node:zlib';
import { assert } from '../base/assert.ts';
import type { DiskFile } from '../ports/disk.ts';

/** The arrays that state is made of. */
export type SectionArray = Uint8Array | Int32Array | Float64Array;
/** An array that is made when it is its turn to be written, and not kept. */
export interface LaterArray {
  readonly kind: Kind;
  readonly length: number;
  readonly take: () => SectionArray;
}
/** An array, which may stand in pieces, at least one; only the last one may end at no multiple of 8 bytes. */
export type Section = SectionArray | readonly SectionArray[] | LaterArray;
/** Bytes, or what makes them. */
export type Chunk = Uint8Array | (() => Uint8Array);

const MAGIC = 'DAYBOOKC';
export const PREFIX_BYTES = 16;
const ALIGNMENT = 8;
/** So many are read at once; between two reads others have their turn. */
const READ_BYTES = 8 * 1024 * 1024;
const PADDING = new Uint8Array(ALIGNMENT);
const KINDS = { u8: Uint8Array, i32: Int32Array, f64: Float64Array } as const;
type Kind = keyof typeof KINDS;

/**
 * Arrays and facts as one file: `DAYBOOKC`, the header's length, the CRC-32 of all behind the prefix and then of that
 * length (both u32, little-endian), the header in JSON, and the arrays, each at a multiple of 8 bytes. This is all but
 * the prefix, which is known only when all else is; the arrays are not copied, and made only when they are written.
 */
export function packSections(facts: unknown, sections: readonly Section[]): PackedSections {
  const header = JSON.stringify({ facts, arrays: sections.map((section) => [kindOf(section), lengthOf(section)]) });
  const headerBytes = new TextEncoder().encode(header);
  const aligned = new Uint8Array(Math.ceil(headerBytes.length / ALIGNMENT) * ALIGNMENT).fill(0x20);
  aligned.set(headerBytes);
  const body: Chunk[] = [aligned];
  for (const section of sections) {
    if ('take' in section) body.push(() => asBytes(section.take()));
    else body.push(...piecesOf(section).map(asBytes));
    const rest = bytesOf(section) % ALIGNMENT;
    if (rest !== 0) body.push(PADDING.subarray(rest));
  }
  return { headerLength: aligned.length, body };
}

/** How many bytes a section has. */
export function bytesOf(section: Section): number {
  return lengthOf(section) * KINDS[kindOf(section)].BYTES_PER_ELEMENT;
}

function piecesOf(section: SectionArray | readonly SectionArray[]): readonly SectionArray[] {
  return 'buffer' in section ? [section] : section;
}

function asBytes(array: SectionArray): Uint8Array {
  return new Uint8Array(array.buffer, array.byteOffset, array.byteLength);
}

function kindOf(section: Section): Kind {
  if ('take' in section) return section.kind;
  const [first] = piecesOf(section);
  return first instanceof Int32Array ? 'i32' : first instanceof Float64Array ? 'f64' : 'u8';
}

function lengthOf(section: Section): number {
  if ('take' in section) return section.length;
  return piecesOf(section).reduce((sum, { length }) => sum + length, 0);
}

export interface PackedSections {
  readonly headerLength: number;
  /** What stands behind the prefix. */
  readonly body: readonly Chunk[];
}

/** The prefix of a file whose body has this CRC-32 by itself: its first `PREFIX_BYTES`. */
export function prefixOf({ headerLength }: PackedSections, crc: number): Uint8Array {
  const prefix = new Uint8Array(PREFIX_BYTES);
  prefix.set(new TextEncoder().encode(MAGIC));
  const view = new DataView(prefix.buffer);
  view.setUint32(8, headerLength, true);
  view.setUint32(12, crc32(prefix.subarray(8, 12), crc), true);
  return prefix;
}

/** What is in a file of sections. */
interface UnpackedSections {
  readonly facts: unknown;
  readonly arrays: readonly SectionArray[];
}

interface Header {
  readonly facts: unknown;
  readonly arrays: readonly (readonly [Kind, number])[];
}

/**
 * What `packSections` packed; undefined when the file is not whole. It is read piece by piece: Node reads no more than
 * 2 GiB at once, and so the file is not held beside the arrays. Whoever keeps an array copies it.
 * @throws what the disk throws
 */
export async function unpackSections(file: Pick<DiskFile, 'size' | 'readAt'>): Promise<UnpackedSections | undefined> {
  const body = new BodyReader(file);
  const start = await readStart(file, body);
  if (start === undefined) return undefined;
  const { header, prefix } = start;
  const arrays: SectionArray[] = [];
  for (const [kind, length] of header.arrays) {
    const array = new KINDS[kind](length);
    await body.readInto(new Uint8Array(array.buffer));
    await body.readInto(new Uint8Array(paddedBytes(kind, length) - array.byteLength));
    arrays.push(array);
  }
  const view = new DataView(prefix.buffer, prefix.byteOffset, prefix.byteLength);
  const isWhole = crc32(prefix.subarray(8, 12), body.crc) === view.getUint32(12, true);
  return isWhole ? { facts: header.facts, arrays } : undefined;
}

/**
 * The facts at the start of a file of sections, without its arrays, so that it costs little; undefined when there are none.
 * Whether the file is whole is not known then: they are to be shown, not to be relied on.
 * @throws what the disk throws
 */
export async function peekFacts(file: Pick<DiskFile, 'size' | 'readAt'>): Promise<unknown> {
  return (await readStart(file, new BodyReader(file)))?.header.facts;
}

/** Reads the prefix, and by `body` the header; undefined when they are not those of a file of this size. */
async function readStart(
  file: Pick<DiskFile, 'size' | 'readAt'>,
  body: BodyReader,
): Promise<{ readonly header: Header; readonly prefix: Uint8Array } | undefined> {
  const size = await file.size();
  const prefix = await file.readAt(0, PREFIX_BYTES);
  if (prefix.length < PREFIX_BYTES || new TextDecoder().decode(prefix.subarray(0, 8)) !== MAGIC) return undefined;
  const headerLength = new DataView(prefix.buffer, prefix.byteOffset, prefix.byteLength).getUint32(8, true);
  const bodyBytes = size - PREFIX_BYTES - headerLength;
  if (bodyBytes < 0) return undefined;
  const headerBytes = new Uint8Array(headerLength);
  await body.readInto(headerBytes);
  const header = headerOf(headerBytes, bodyBytes);
  return header && { header, prefix };
}

/** A header whose arrays are just what stands behind it; it may be damaged in any way, as that is known only at the end. */
function headerOf(bytes: Uint8Array, bodyBytes: number): Header | undefined {
  try {
    const header = JSON.parse(new TextDecoder().decode(bytes)) as Header;
    let sum = 0;
    for (const [kind, length] of header.arrays) {
      if (!Number.isSafeInteger(length) || length < 0) return undefined;
      sum += paddedBytes(kind, length);
    }
    return sum === bodyBytes ? header : undefined;
  } catch {
    // No JSON, or of another shape.
    return undefined;
  }
}

/** How many bytes an array has in the file. */
function paddedBytes(kind: Kind, length: number): number {
  return Math.ceil((length * KINDS[kind].BYTES_PER_ELEMENT) / ALIGNMENT) * ALIGNMENT;
}

/** Reads all behind the prefix, from its beginning. */
class BodyReader {
  readonly #file: Pick<DiskFile, 'readAt'>;
  #piece: Uint8Array = PADDING.subarray(ALIGNMENT);
  #position = PREFIX_BYTES;
  /** The CRC-32 of what was read. */
  crc = 0;

  constructor(file: Pick<DiskFile, 'readAt'>) {
    this.#file = file;
  }

  /** Reads the next bytes; where the file ends they stay as they are. */
  async readInto(bytes: Uint8Array): Promise<void> {
    for (let filled = 0; filled < bytes.length;) {
      if (this.#piece.length === 0) this.#piece = await this.#read();
      if (this.#piece.length === 0) return;
      const part = this.#piece.subarray(0, bytes.length - filled);
      bytes.set(part, filled);
      filled += part.length;
      this.#piece = this.#piece.subarray(part.length);
    }
  }

  async #read(): Promise<Uint8Array> {
    const piece = await this.#file.readAt(this.#position, READ_BYTES);
    this.#position += piece.length;
    this.crc = crc32(piece, this.crc);
    return piece;
  }
}

/** Takes arrays back in the order in which they were packed. */
export class SectionReader {
  readonly #arrays: readonly SectionArray[];
  #next = 0;

  constructor(arrays: readonly SectionArray[]) {
    this.#arrays = arrays;
  }

  bytes(): Uint8Array {
    const array = this.#take();
    assert(array instanceof Uint8Array, 'a section of bytes comes next');
    return array;
  }

  int32(): Int32Array {
    const array = this.#take();
    assert(array instanceof Int32Array, 'a section of 32-bit words comes next');
    return array;
  }

  float64(): Float64Array {
    const array = this.#take();
    assert(array instanceof Float64Array, 'a section of floats comes next');
    return array;
  }

  #take(): SectionArray {
    const array = this.#arrays[this.#next++];
    assert(array !== undefined, 'there is a section left');
    return array;
  }
}
