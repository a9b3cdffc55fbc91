import { crc32 } from 'node:zlib';
import { assert } from '../base/assert.ts';

/** The arrays that state is made of. */
export type SectionArray = Uint8Array | Int32Array | Float64Array;
/** An array, which may stand in pieces, at least one; only the last one may end at no multiple of 8 bytes. */
export type Section = SectionArray | readonly SectionArray[];

const MAGIC = 'DAYBOOKC';
export const PREFIX_BYTES = 16;
const ALIGNMENT = 8;
const PADDING = new Uint8Array(ALIGNMENT);
const KINDS = { u8: Uint8Array, i32: Int32Array, f64: Float64Array } as const;
type Kind = keyof typeof KINDS;

/**
 * Arrays and facts as one file: `DAYBOOKC`, the header's length, the CRC-32 of all behind the prefix and then of that
 * length (both u32, little-endian), the header in JSON, and the arrays, each at a multiple of 8 bytes. This is all but
 * the prefix, which is known only when all else is; the arrays are not copied.
 */
export function packSections(facts: unknown, sections: readonly Section[]): PackedSections {
  const inPieces = sections.map(piecesOf);
  const header = JSON.stringify({ facts, arrays: inPieces.map((pieces) => [kindOf(pieces), lengthOf(pieces)]) });
  const headerBytes = new TextEncoder().encode(header);
  const aligned = new Uint8Array(Math.ceil(headerBytes.length / ALIGNMENT) * ALIGNMENT).fill(0x20);
  aligned.set(headerBytes);
  const body: Uint8Array[] = [aligned];
  for (const piece of inPieces.flat()) {
    body.push(new Uint8Array(piece.buffer, piece.byteOffset, piece.byteLength));
    const rest = piece.byteLength % ALIGNMENT;
    if (rest !== 0) body.push(PADDING.subarray(rest));
  }
  return { headerLength: aligned.length, body };
}

/** How many bytes a section has. */
export function bytesOf(section: Section): number {
  return piecesOf(section).reduce((sum, { byteLength }) => sum + byteLength, 0);
}

function piecesOf(section: Section): readonly SectionArray[] {
  return 'buffer' in section ? [section] : section;
}

function kindOf([first]: readonly SectionArray[]): Kind {
  return first instanceof Int32Array ? 'i32' : first instanceof Float64Array ? 'f64' : 'u8';
}

function lengthOf(pieces: readonly SectionArray[]): number {
  return pieces.reduce((sum, { length }) => sum + length, 0);
}

export interface PackedSections {
  readonly headerLength: number;
  /** What stands behind the prefix. */
  readonly body: readonly Uint8Array[];
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

/** What `packSections` packed; undefined when the file is not whole. The arrays are views: whoever keeps one copies it. */
export function unpackSections(file: Uint8Array): { facts: unknown; arrays: readonly SectionArray[] } | undefined {
  if (file.length < PREFIX_BYTES || new TextDecoder().decode(file.subarray(0, 8)) !== MAGIC) return undefined;
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  const headerLength = view.getUint32(8, true);
  if (crc32(file.subarray(8, 12), crc32(file.subarray(PREFIX_BYTES))) !== view.getUint32(12, true)) return undefined;
  const header = JSON.parse(new TextDecoder().decode(file.subarray(PREFIX_BYTES, PREFIX_BYTES + headerLength))) as {
    facts: unknown;
    arrays: readonly (readonly [Kind, number])[];
  };
  // A copy, should the file have been read to where the arrays are not aligned.
  const isAligned = (file.byteOffset + PREFIX_BYTES + headerLength) % ALIGNMENT === 0;
  const body = file.subarray(PREFIX_BYTES + headerLength);
  const bytes = isAligned ? body : new Uint8Array(body);
  let at = bytes.byteOffset;
  const arrays = header.arrays.map(([kind, length]) => {
    const array = new KINDS[kind](bytes.buffer as ArrayBuffer, at, length);
    at += Math.ceil(array.byteLength / ALIGNMENT) * ALIGNMENT;
    return array;
  });
  return { facts: header.facts, arrays };
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
