import { crc32 } from 'node:zlib';

import { assert } from '../base/assert.ts';
import { DaybookError } from '../base/errors.ts';
import { FRAME_BODY_BYTES_MAX, FRAME_MAGIC } from '../ports/log.ts';

/**
 * The log's files, version 1. All numbers are little-endian and unsigned.
 *
 *   log/<first offset, 20 digits>.seg        a segment; `<first offset>-<n>.seg` when the name was taken already
 *   log/<segment>.cut-<position>             a torn tail that was cut when the log was opened
 *   log/<segment>.damaged-<position>         damaged bytes that a repair has set aside
 *
 *   segment = segment header, frame, frame, …            frame = frame header, records, quarantine, places
 *
 *   segment header, 48 bytes                                   frame header, 40 bytes
 *    0  8  magic "DAYBKLOG"                                     0  4  magic F9 44 42 FE
 *    8  4  version, 1                                           4  1  kind: 1 records, 2 gap
 *   12  4  sequence: the n of its name, else 0                  5  1  encoding of records: 0 NDJSON, 1 packed
 *   16  8  first offset                                         6  2  length of places, bytes
 *   24  8  the previous segment's first offset, or all ones     8  4  length of records, bytes
 *   32  8  where the previous segment ends, bytes              12  4  length of quarantine, bytes
 *   40  4  the previous segment's sequence                     16  8  first offset
 *   44  4  CRC-32 of the 44 bytes before                       24  4  record count
 *                                                              28  4  quarantine count
 *                                                              32  4  duplicate count
 *                                                              36  4  CRC-32 of the 36 bytes before and of the body
 *
 * The magic of a frame begins and ends with bytes that UTF-8 never has, and records are not packed where it would stand among
 * them, so records cannot look like a frame.
 *
 * How records are packed says `ports/packed-records.ts`.
 *
 * A segment names the one before it and says where that one ends. This chain, not the order of names, is the log: what
 * stands behind a segment's end, or in a segment that none names, is left over from a write that failed and was never
 * acknowledged. So the log can go on after a failure that could not be tidied up.
 *
 * A gap stands where a repair found damage. It covers the damaged bytes, which stay in place as its body, and counts
 * the records lost with them; its CRC covers its header alone.
 */
const FORMAT_VERSION = 1;
export const LOG_FOLDER = 'log';
export const SEGMENT_HEADER_BYTES = 48;
export const FRAME_HEADER_BYTES = 40;
/** The most that a frame's places may have. */
export const FRAME_PLACES_BYTES_MAX = 0xffff;

const SEGMENT_MAGIC = Buffer.from('DAYBKLOG', 'latin1');
const FRAME_MAGIC_WORD = FRAME_MAGIC.readUInt32LE(0);
const NO_PREVIOUS = 0xffff_ffff_ffff_ffffn;
const SEGMENT_CRC_AT = 44;
const FRAME_CRC_AT = 36;
const U32_MAX = 0xffff_ffff;

/** What a segment's name says. Segments are in order of first offset, then of sequence. */
export interface SegmentId {
  readonly firstOffset: number;
  readonly sequence: number;
}

/** The segment before, and the position behind its last frame. */
export interface PreviousSegment {
  readonly id: SegmentId;
  readonly end: number;
}

export interface SegmentHeader {
  readonly id: SegmentId;
  readonly previous: PreviousSegment | undefined;
}

export const FRAME_KIND = { records: 1, gap: 2 } as const;
export const ENCODING = { ndjson: 0, packed: 1 } as const;

export interface FrameHeader {
  readonly kind: number;
  readonly encoding: number;
  readonly recordsLength: number;
  readonly quarantineLength: number;
  readonly placesLength: number;
  readonly firstOffset: number;
  readonly recordCount: number;
  readonly quarantineCount: number;
  readonly duplicateCount: number;
}

const SEGMENT_NAME = /^(\d{20})(?:-([1-9]\d{0,8}))?\.seg$/;

/** A segment's file name in the log's folder. */
export function segmentName(id: SegmentId): string {
  const suffix = id.sequence === 0 ? '' : `-${id.sequence}`;
  return `${id.firstOffset.toString().padStart(20, '0')}${suffix}.seg`;
}

/** What a file name says; undefined when it is no segment's. */
export function parseSegmentName(name: string): SegmentId | undefined {
  const match = SEGMENT_NAME.exec(name);
  if (match === null) return undefined;
  const firstOffset = Number(match[1]);
  return Number.isSafeInteger(firstOffset) ? { firstOffset, sequence: Number(match[2] ?? '0') } : undefined;
}

/** Below zero when `a` comes first. */
export function compareSegments(a: SegmentId, b: SegmentId): number {
  return a.firstOffset - b.firstOffset || a.sequence - b.sequence;
}

/** A segment's path on the disk. */
export function segmentPath(name: string): string {
  return `${LOG_FOLDER}/${name}`;
}

export function encodeSegmentHeader(header: SegmentHeader): Uint8Array {
  const bytes = Buffer.alloc(SEGMENT_HEADER_BYTES);
  SEGMENT_MAGIC.copy(bytes, 0);
  bytes.writeUInt32LE(FORMAT_VERSION, 8);
  bytes.writeUInt32LE(header.id.sequence, 12);
  bytes.writeBigUInt64LE(BigInt(header.id.firstOffset), 16);
  const previous = header.previous;
  bytes.writeBigUInt64LE(previous === undefined ? NO_PREVIOUS : BigInt(previous.id.firstOffset), 24);
  bytes.writeBigUInt64LE(BigInt(previous?.end ?? 0), 32);
  bytes.writeUInt32LE(previous?.id.sequence ?? 0, 40);
  bytes.writeUInt32LE(crc32(bytes.subarray(0, SEGMENT_CRC_AT)), SEGMENT_CRC_AT);
  return bytes;
}

/**
 * Reads a segment's header.
 * @param path  for the error's message
 * @returns undefined when the bytes are no whole header
 * @throws DaybookError `LOG_VERSION_UNKNOWN` when a newer Daybook wrote it
 */
export function decodeSegmentHeader(bytes: Uint8Array, path: string): SegmentHeader | undefined {
  if (bytes.byteLength < SEGMENT_HEADER_BYTES) return undefined;
  const buffer = bufferOf(bytes);
  if (!buffer.subarray(0, SEGMENT_MAGIC.length).equals(SEGMENT_MAGIC)) return undefined;
  if (crc32(buffer.subarray(0, SEGMENT_CRC_AT)) !== buffer.readUInt32LE(SEGMENT_CRC_AT)) return undefined;
  const version = buffer.readUInt32LE(8);
  if (version !== FORMAT_VERSION) throw versionUnknown(path, `format version ${version}`);
  const id = { firstOffset: Number(buffer.readBigUInt64LE(16)), sequence: buffer.readUInt32LE(12) };
  if (buffer.readBigUInt64LE(24) === NO_PREVIOUS) return { id, previous: undefined };
  const previousId = { firstOffset: Number(buffer.readBigUInt64LE(24)), sequence: buffer.readUInt32LE(40) };
  if (compareSegments(previousId, id) >= 0) return undefined;
  return { id, previous: { id: previousId, end: Number(buffer.readBigUInt64LE(32)) } };
}

/**
 * A frame's header with the CRC of it and of the body. A gap's body is left out of the CRC.
 * @param body  what stands behind the header, in pieces
 */
export function encodeFrameHeader(header: FrameHeader, body: readonly Uint8Array[] = []): Uint8Array {
  for (const count of [header.recordCount, header.quarantineCount, header.duplicateCount]) {
    assert(Number.isInteger(count) && count >= 0 && count <= U32_MAX, `a frame's count fits 32 bits: ${count}`);
  }
  assert(Number.isSafeInteger(header.firstOffset), `an offset is a safe integer: ${header.firstOffset}`);
  const bytes = Buffer.alloc(FRAME_HEADER_BYTES);
  FRAME_MAGIC.copy(bytes, 0);
  bytes.writeUInt8(header.kind, 4);
  bytes.writeUInt8(header.encoding, 5);
  bytes.writeUInt16LE(header.placesLength, 6);
  bytes.writeUInt32LE(header.recordsLength, 8);
  bytes.writeUInt32LE(header.quarantineLength, 12);
  bytes.writeBigUInt64LE(BigInt(header.firstOffset), 16);
  bytes.writeUInt32LE(header.recordCount, 24);
  bytes.writeUInt32LE(header.quarantineCount, 28);
  bytes.writeUInt32LE(header.duplicateCount, 32);
  let crc = crc32(bytes.subarray(0, FRAME_CRC_AT));
  for (const piece of body) crc = crc32(piece, crc);
  bytes.writeUInt32LE(crc, FRAME_CRC_AT);
  return bytes;
}

/** The header of a gap that covers so many bytes, itself included. */
export function encodeGap(bytes: number, firstOffset: number, recordCount: number): Uint8Array {
  assert(bytes >= FRAME_HEADER_BYTES, `a gap has room for its header: ${bytes} bytes`);
  const header = {
    kind: FRAME_KIND.gap,
    encoding: 0,
    recordsLength: bytes - FRAME_HEADER_BYTES,
    quarantineLength: 0,
    placesLength: 0,
    firstOffset,
    recordCount,
    quarantineCount: 0,
    duplicateCount: 0,
  };
  return encodeFrameHeader(header);
}

/** Reads what could be a frame's header; the CRC is not looked at. @returns undefined when it can be none */
export function decodeFrameHeader(bytes: Uint8Array, at: number): FrameHeader | undefined {
  const buffer = bufferOf(bytes);
  if (buffer.readUInt32LE(at) !== FRAME_MAGIC_WORD) return undefined;
  const header = {
    kind: buffer.readUInt8(at + 4),
    encoding: buffer.readUInt8(at + 5),
    recordsLength: buffer.readUInt32LE(at + 8),
    quarantineLength: buffer.readUInt32LE(at + 12),
    placesLength: buffer.readUInt16LE(at + 6),
    firstOffset: buffer.readUInt32LE(at + 16) + buffer.readUInt32LE(at + 20) * 2 ** 32,
    recordCount: buffer.readUInt32LE(at + 24),
    quarantineCount: buffer.readUInt32LE(at + 28),
    duplicateCount: buffer.readUInt32LE(at + 32),
  };
  const isGap = header.kind === FRAME_KIND.gap;
  if (!isGap && header.recordsLength + header.quarantineLength > FRAME_BODY_BYTES_MAX) return undefined;
  return Number.isSafeInteger(header.firstOffset + header.recordCount) ? header : undefined;
}

/** How many bytes stand behind a frame's header. */
export function bodyLengthOf({ recordsLength, quarantineLength, placesLength }: FrameHeader): number {
  return recordsLength + quarantineLength + placesLength;
}

/** Whether the frame at a place agrees with its CRC; all of it must be in `bytes`, but for a gap's body. */
export function frameIsWhole(bytes: Uint8Array, at: number, header: FrameHeader): boolean {
  const buffer = bufferOf(bytes);
  const bodyAt = at + FRAME_HEADER_BYTES;
  const bodyLength = header.kind === FRAME_KIND.gap ? 0 : bodyLengthOf(header);
  const headerCrc = crc32(buffer.subarray(at, at + FRAME_CRC_AT));
  return crc32(buffer.subarray(bodyAt, bodyAt + bodyLength), headerCrc) === crcOf(bytes, at);
}

/** A frame's CRC, as it stands in its header. */
export function crcOf(bytes: Uint8Array, at: number): number {
  return bufferOf(bytes).readUInt32LE(at + FRAME_CRC_AT);
}

/** The error for a file that this Daybook is too old for. */
export function versionUnknown(path: string, what: string): DaybookError {
  const message = `${path} has ${what}, which this Daybook does not know. Use the newer Daybook that wrote it.`;
  return new DaybookError('LOG_VERSION_UNKNOWN', message, { details: { path } });
}

function bufferOf(bytes: Uint8Array): Buffer {
  return Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
