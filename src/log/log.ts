import { assert } from '../base/assert.ts';
import { chainedChecksum } from '../base/chained-checksum.ts';
import type { Disk, DiskFile } from '../ports/disk.ts';
import type { Log, LogMark, LogReach } from '../ports/log.ts';
import { readChain } from './chain.ts';
import type { Segment, SegmentFile } from './chain.ts';
import { logCorrupt, logShortened, positionUnknown } from './errors.ts';
import {
  compareSegments,
  FRAME_KIND,
  LOG_FOLDER,
  parseSegmentName,
  SEGMENT_HEADER_BYTES,
  segmentPath,
} from './format.ts';
import { findWholeFrame, FrameReader } from './frame-reader.ts';
import { SegmentLog } from './segment-log.ts';
import { setAside } from './set-aside.ts';
import { loadUnpacking } from './unpacking.ts';

const SEGMENT_BYTES_MAX = 128 * 1024 * 1024;
/** A gap's length, which may be nearly that of its segment, has 32 bits. */
const SEGMENT_BYTES_LIMIT = 2 ** 31;

export interface LogOptions {
  /** A segment that would pass this size with the next frame is followed by a new one; 128 MiB unless told. */
  readonly segmentBytesMax?: number;
  /**
   * A place that a checkpoint knows to be durable. Segments before its segment are not read through, only looked for;
   * what stands before the place is never taken for a torn tail.
   */
  readonly verifiedUpTo?: LogMark | undefined;
  /** Up to where the log is known to have been durable. One that ends before it has lost records. */
  readonly reaches?: LogReach | undefined;
  /** Only to read, beside the process that writes: changes nothing, and a torn tail is where the log ends. */
  readonly readOnly?: boolean;
}

/** The end of a write that was never acknowledged; it was cut off. */
export interface CutTail {
  readonly segment: string;
  /** Where the log now ends in it; 0 when the whole segment went. */
  readonly position: number;
  readonly bytes: number;
  /** Where the bytes were saved. */
  readonly savedAs: string;
}

/** What a segment's frames came to. */
interface Verified {
  /** Behind the last whole frame. */
  readonly end: number;
  readonly nextOffset: number;
  /** Where the newest write before `end` begins: that of the last frame, or of the segment's header. */
  readonly lastWrite: number;
}

/**
 * Opens the log of a data folder, which the caller holds unless it only reads, and verifies it. An empty folder has an
 * empty log. All frames that it then holds are durable.
 * @returns `cut`: the torn tail that was cut off the newest segment, to be told to people
 * @throws DaybookError `LOG_CORRUPT` (details: segment, position, path) when frames are damaged that were durable;
 * `LOG_SHORTENED` when it does not reach what `reaches` says (details: offset, known); `LOG_POSITION_UNKNOWN` when
 * `verifiedUpTo` is not in this log, or other frames stand before it; `LOG_VERSION_UNKNOWN`; `DISK_FULL`, `DISK_FAILED`;
 * `ASSEMBLY_NOT_BUILT`
 */
export async function openLog(
  disk: Disk,
  options: LogOptions = {},
): Promise<{ readonly log: Log; readonly cut: CutTail | undefined }> {
  const { segmentBytesMax = SEGMENT_BYTES_MAX, verifiedUpTo, reaches, readOnly = false } = options;
  assert(segmentBytesMax > 0 && segmentBytesMax <= SEGMENT_BYTES_LIMIT, `segments of ${segmentBytesMax} bytes`);
  loadUnpacking();
  if (!readOnly) await disk.makeFolder(LOG_FOLDER);
  const { segments, leftovers } = await readChain(disk);
  const verified = await verify(disk, segments, verifiedUpTo);
  const newest = segments.at(-1);
  if (reaches !== undefined && isBehind(reaches, newest, verified)) throw logShortened(verified.nextOffset, reaches);
  const cutHead = readOnly ? undefined : await clearLeftovers(disk, leftovers);
  const start = {
    segments: newest === undefined ? [] : [...segments.slice(0, -1), { ...newest, end: verified.end }],
    nextOffset: verified.nextOffset,
    segmentBytesMax,
    takenIds: [...segments, ...leftovers].map((segment) => segment.id),
    readOnly,
  };
  if (readOnly || newest === undefined) {
    return { log: new SegmentLog(disk, { ...start, file: undefined }), cut: cutHead };
  }
  const file = await disk.open(segmentPath(newest.name), 'append');
  try {
    const cut = await saveTail(disk, file, newest, verified.end);
    await settle(file, verified.lastWrite, verified.end);
    await disk.syncFolder(LOG_FOLDER);
    return { log: new SegmentLog(disk, { ...start, file }), cut: cut ?? cutHead };
  } catch (error) {
    await file.close();
    throw error;
  }
}

/** Whether a place lies behind the log's end. */
function isBehind({ offset, next }: LogReach, newest: Segment | undefined, { end, nextOffset }: Verified): boolean {
  if (offset !== nextOffset || next === undefined) return offset > nextOffset;
  const id = parseSegmentName(next.segment);
  // Frames of refused records alone have no offsets.
  const segments = newest === undefined || id === undefined ? 1 : compareSegments(id, newest.id);
  return segments > 0 || (segments === 0 && next.position > end);
}

/** Reads the segments through, from the one that holds the mark on. Changes nothing. */
async function verify(disk: Disk, segments: readonly Segment[], mark: LogMark | undefined): Promise<Verified> {
  const first = mark === undefined ? 0 : segments.findIndex((segment) => segment.name === mark.next.segment);
  if (mark !== undefined && first < 0) throw positionUnknown(mark.next, 'there is no such segment');
  for (const segment of segments.slice(0, first)) await checkSize(disk, segment);
  let verified = { end: 0, nextOffset: segments[first]?.id.firstOffset ?? 0, lastWrite: 0 };
  for (let index = first; index < segments.length; index += 1) {
    const segment = segments[index];
    assert(segment !== undefined, 'the index is below the length');
    if (segment.id.firstOffset !== verified.nextOffset) {
      const previous = segments[index - 1] ?? segment;
      throw logCorrupt(previous.name, verified.end, `${segment.name} should begin with offset ${verified.nextOffset}`);
    }
    verified = await verifySegment(disk, segment, index === first ? mark : undefined, index === segments.length - 1);
  }
  return verified;
}

async function checkSize(disk: Disk, segment: Segment): Promise<void> {
  const file = await disk.open(segmentPath(segment.name), 'read');
  try {
    const size = await file.size();
    if (size < segment.end) throw logCorrupt(segment.name, size, `the file should have ${segment.end} bytes`);
  } finally {
    await file.close();
  }
}

/** @param mark  a place in the segment before which all frames must be whole, and those that it says */
async function verifySegment(
  disk: Disk,
  segment: Segment,
  mark: LogMark | undefined,
  isNewest: boolean,
): Promise<Verified> {
  const file = await disk.open(segmentPath(segment.name), 'read');
  try {
    const reader = new FrameReader(file, SEGMENT_HEADER_BYTES, segment.end);
    let nextOffset = segment.id.firstOffset;
    let lastWrite = 0;
    let checksum = 0;
    let passedMark = mark === undefined;
    for (let frame = await reader.next(); frame !== undefined; frame = await reader.next()) {
      if (frame.header.firstOffset !== nextOffset) {
        throw logCorrupt(segment.name, frame.position, `offset ${nextOffset} should stand there`);
      }
      nextOffset += frame.header.recordCount;
      if (frame.header.kind !== FRAME_KIND.gap) checksum = chainedChecksum(checksum, frame.crc);
      if (frame.next === mark?.next.position) passedMark = nextOffset === mark.offset && checksum === mark.checksum;
      // A repair has made its gaps durable itself, and they can be as long as a segment.
      lastWrite = frame.header.kind === FRAME_KIND.gap ? frame.next : frame.position;
    }
    const end = reader.position;
    const mayBeTorn = isNewest && (mark === undefined || end >= mark.next.position);
    if (end < segment.end) await checkTorn(file, segment, end, mayBeTorn);
    if (mark !== undefined && !passedMark) throw positionUnknown(mark.next, 'other frames stand before it');
    return { end, nextOffset, lastWrite };
  } finally {
    await file.close();
  }
}

/** Returns when the bytes from `end` on can only be a write that was never finished. */
async function checkTorn(file: DiskFile, segment: Segment, end: number, mayBeTorn: boolean): Promise<void> {
  if (!mayBeTorn) throw logCorrupt(segment.name, end, 'no whole frame stands there, and what follows was durable');
  const whole = await findWholeFrame(file, end + 1, segment.end);
  if (whole === undefined) return;
  throw logCorrupt(segment.name, end, `no whole frame stands there, but one does behind it at byte ${whole.position}`);
}

/**
 * Ends the segment behind its newest write and makes both durable, since they count from now on: a killed process may
 * have left them in the system's memory alone. Both are done again, because after an fsync that failed (which may be
 * why the process ended) the system can take for done what is not on the disk. All earlier writes were acknowledged by
 * an fsync.
 */
async function settle(file: DiskFile, from: number, to: number): Promise<void> {
  if (from < to) await file.writeAt(from, [await file.readAt(from, to - from)]);
  await file.truncate(to);
  await file.sync();
}

async function saveTail(disk: Disk, file: DiskFile, segment: Segment, end: number): Promise<CutTail | undefined> {
  if (end === segment.end) return undefined;
  const savedAs = await setAside(disk, file, end, segment.end, `${segment.name}.cut-${end}`);
  return { segment: segment.name, position: end, bytes: segment.end - end, savedAs };
}

/** Removes segments that were begun and never came to hold a frame. @returns the last one of which any bytes stood */
async function clearLeftovers(disk: Disk, leftovers: readonly SegmentFile[]): Promise<CutTail | undefined> {
  let cut: CutTail | undefined;
  for (const { name, size, header } of leftovers) {
    const file = await disk.open(segmentPath(name), 'read');
    try {
      // A whole header alone is known from its name; anything else is kept.
      if (size > 0 && (header === undefined || size > SEGMENT_HEADER_BYTES)) {
        const savedAs = await setAside(disk, file, 0, size, `${name}.cut-0`);
        cut = { segment: name, position: 0, bytes: size, savedAs };
      }
    } finally {
      await file.close();
    }
    await disk.remove(segmentPath(name));
  }
  if (leftovers.length > 0) await disk.syncFolder(LOG_FOLDER);
  return cut;
}
