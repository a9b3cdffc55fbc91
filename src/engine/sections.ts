import { crc32 } from 'node:zlib';
import { assert } from '../base/assert.ts';

/** The arrays that state is made of. */
export type SectionArray = Uint8Array | Int32Array | Float64Array;

const MAGIC = 'DAYBOOKC';
const PREFIX_BYTES = 16;
const ALIGNMENT = 8;
const KINDS = { u8: Uint8Array, i32: Int32Array, f64: Float64Array } as const;
type Kind = keyof typeof KINDS;

/**
 * Arrays and facts as one file: `DAYBOOKC`, the header's length and the CRC-32 of all behind the prefix (both u32,
 * little-endian), the header in JSON, and the arrays, each at a multiple of 8 bytes.
 */
export function packSections(facts: unknown, arrays: readonly SectionArray[]): readonly Uint8Array[] {
  const kindOf = (array: SectionArray): Kind =>
    array instanceof Int32Array ? 'i32' : array instanceof Float64Array ? 'f64' : 'u8';
  const header = JSON.stringify({ facts, arrays: arrays.map((array) => [kindOf(array), array.length]) }, printBigint);
  const headerBytes = new TextEncoder().encode(header);
  const aligned = new Uint8Array(Math.ceil(headerBytes.length / ALIGNMENT) * ALIGNMENT).fill(0x20);
  aligned.set(headerBytes);
  const body: Uint8Array[] = [aligned];
  for (const array of arrays) {
    body.push(new Uint8Array(array.buffer, array.byteOffset, array.byteLength));
    const rest = array.byteLength % ALIGNMENT;
    if (rest !== 0) body.push(new Uint8Array(ALIGNMENT - rest));
  }
  const prefix = new Uint8Array(PREFIX_BYTES);
  prefix.set(new TextEncoder().encode(MAGIC));
  const view = new DataView(prefix.buffer);
  view.setUint32(8, aligned.length, true);
  view.setUint32(
    12,
    body.reduce((crc, chunk) => crc32(chunk, crc), 0),
    true,
  );
  return [prefix, ...body];
}

/** What `packSections` packed; undefined when the file is not whole. The arrays are views into `file`'s copy. */
export function unpackSections(file: Uint8Array): { facts: unknown; arrays: readonly SectionArray[] } | undefined {
  if (file.length < PREFIX_BYTES || new TextDecoder().decode(file.subarray(0, 8)) !== MAGIC) return undefined;
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  const headerLength = view.getUint32(8, true);
  if (crc32(file.subarray(PREFIX_BYTES)) !== view.getUint32(12, true)) return undefined;
  const header = JSON.parse(
    new TextDecoder().decode(file.subarray(PREFIX_BYTES, PREFIX_BYTES + headerLength)),
    readBigint,
  ) as {
    facts: unknown;
    arrays: readonly (readonly [Kind, number])[];
  };
  // A copy of its own, so that the arrays are aligned wherever the file was read to (a Buffer's slice is no copy).
  const bytes = new Uint8Array(file.subarray(PREFIX_BYTES + headerLength));
  let at = 0;
  const arrays = header.arrays.map(([kind, length]) => {
    const array = new KINDS[kind](bytes.buffer, at, length);
    at += Math.ceil(array.byteLength / ALIGNMENT) * ALIGNMENT;
    return array;
  });
  return { facts: header.facts, arrays };
}

function printBigint(_key: string, value: unknown): unknown {
  return typeof value === 'bigint' ? { bigint: value.toString() } : value;
}

function readBigint(_key: string, value: unknown): unknown {
  const isBigint = typeof value === 'object' && value !== null && 'bigint' in value && typeof value.bigint === 'string';
  return isBigint ? BigInt(value.bigint as string) : value;
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
