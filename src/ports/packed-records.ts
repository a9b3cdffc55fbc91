/**
 * Records as they are packed in the log: byte for byte what came, in a third of the room. Records of one producer differ in their
 * values alone, so what stands between these is kept once, and so is a value that comes again. Nothing is compressed: whoever
 * reads a record for its values knows all of it (`record/assembly/packing.ts`), and unpacking copies (`log/assembly/unpacking.ts`).
 *
 *   packed records = block, block, …                          all numbers are little-endian and unsigned
 *   block = block header, templates, forms, records           each can be unpacked by itself
 *
 *   block header, 16 bytes
 *    0  4  length of the templates; 0 when the records stand there as they are, as NDJSON
 *    4  4  length of the forms
 *    8  4  length of the packed records
 *   12  4  length of the records once they are unpacked
 *
 *   template = number (1), count of members (2), member, member, …
 *   member   = how its value is packed (1), length of its literal (2), the literal: the bytes before the value; the last
 *              member of a template has none, and its literal is what stands behind the last value
 *   form     = length (1), bytes: a value that may come again; forms are counted from 0
 *   record   = number of its template (1), value, value, …     or a 0 and its line, with the line feed
 *
 *   a value is packed as
 *    0 bytes   length (1), bytes
 *    1 form    number of the form (2); or 0xffff and then as bytes
 *    2 UUID    its 128 bits as four numbers (4 each), the first of its first eight digits; letters are small
 *    3 moment  the first ten bytes, a date, as a form; the rest as bytes
 *
 * A record that is not of a template, or has a value of more than 255 bytes, is packed as its line.
 */
export const BLOCK_HEADER_BYTES = 16;

/** How a value is packed. As in `record/assembly/packing.ts` and `log/assembly/unpacking.ts`. */
export const PACKED_AS = { bytes: 0, form: 1, uuid: 2, moment: 3 } as const;

/** The lengths of a block's parts, in bytes. */
export interface PackedBlock {
  /** 0 when the records are not packed. */
  readonly templates: number;
  readonly forms: number;
  readonly records: number;
  /** Of the records once they are unpacked. */
  readonly unpacked: number;
}

export function encodeBlockHeader({ templates, forms, records, unpacked }: PackedBlock): Uint8Array {
  const bytes = new Uint8Array(BLOCK_HEADER_BYTES);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, templates, true);
  view.setUint32(4, forms, true);
  view.setUint32(8, records, true);
  view.setUint32(12, unpacked, true);
  return bytes;
}

/**
 * The header of the block that begins at a place.
 * @returns undefined when no block does
 */
export function decodeBlockHeader(bytes: Uint8Array, at: number): PackedBlock | undefined {
  if (at + BLOCK_HEADER_BYTES > bytes.length) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset + at, BLOCK_HEADER_BYTES);
  const block = {
    templates: view.getUint32(0, true),
    forms: view.getUint32(4, true),
    records: view.getUint32(8, true),
    unpacked: view.getUint32(12, true),
  };
  const isPlain = block.templates === 0 && block.forms === 0 && block.records === block.unpacked;
  const end = at + BLOCK_HEADER_BYTES + block.templates + block.forms + block.records;
  return (block.templates > 0 || isPlain) && end <= bytes.length ? block : undefined;
}
