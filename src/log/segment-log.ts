import { assert } from '../base/assert.ts';
import { DaybookError } from '../base/errors.ts';
import type { Disk, DiskFile } from '../ports/disk.ts';
import type { FramePlace, Log, LogPosition, LogStatus, NewFrame, StoredFrame } from '../ports/log.ts';
import { FRAME_BODY_BYTES_MAX } from '../ports/log.ts';
import type { Segment } from './chain.ts';
import { logCorrupt, positionUnknown } from './errors.ts';
import {
  crcOf,
  ENCODING,
  encodeFrameHeader,
  encodeSegmentHeader,
  FRAME_HEADER_BYTES,
  FRAME_KIND,
  FRAME_PLACES_BYTES_MAX,
  LOG_FOLDER,
  SEGMENT_HEADER_BYTES,
  segmentName,
  segmentPath,
} from './format.ts';
import type { SegmentId } from './format.ts';
import { FrameReader } from './frame-reader.ts';
import type { ScannedFrame } from './frame-reader.ts';
import { succeeds } from './set-aside.ts';
import { unpacked } from './unpacking.ts';

/** A frame that is read alone is mostly no larger. */
const SINGLE_READ_BYTES = 64 * 1024;
const NO_PLACES = new Uint8Array(0);

/** What a log begins with once its files are verified. */
export interface SegmentLogStart {
  /** Oldest first; the newest one's end is the log's. */
  readonly segments: readonly Segment[];
  /** The newest segment, opened to be written; undefined when there is none yet, or the log is only read. */
  readonly file: DiskFile | undefined;
  readonly nextOffset: number;
  readonly segmentBytesMax: number;
  /** Segments whose names are taken or were. */
  readonly takenIds: readonly SegmentId[];
  readonly readOnly: boolean;
}

/**
 * The log in segment files. What `read` and `readFrame` give are mostly views of a read chunk, valid until the next frame is
 * asked for: whoever keeps `records` or `quarantine` longer copies them.
 *
 * When a write fails, the segment is truncated back to the last good end, and the log goes on there once that is
 * durable. When it cannot be made so, or when an fsync failed (the system may then hold pages as clean that never
 * reached the disk, and a later fsync would not say so), the segment is never written again: the next append begins a
 * new one, whose header says where this one ends. Whatever stands behind that end counts for nothing from then on.
 */
export class SegmentLog implements Log {
  readonly #disk: Disk;
  readonly #segmentBytesMax: number;
  readonly #takenIds: SegmentId[];
  readonly #readOnly: boolean;
  #segments: readonly Segment[];
  #file: DiskFile | undefined;
  #nextOffset: number;
  /** The newest segment must not be written again. */
  #mustRoll: boolean;
  #appending = false;
  #closed = false;

  constructor(disk: Disk, start: SegmentLogStart) {
    this.#disk = disk;
    this.#segmentBytesMax = start.segmentBytesMax;
    this.#takenIds = [...start.takenIds];
    this.#readOnly = start.readOnly;
    this.#segments = start.segments;
    this.#file = start.file;
    this.#nextOffset = start.nextOffset;
    this.#mustRoll = start.file === undefined;
  }

  get nextOffset(): number {
    return this.#nextOffset;
  }

  async append<F extends NewFrame>(frame: F): Promise<F & FramePlace> {
    assert(!this.#closed, 'a closed log is not appended to');
    assert(!this.#readOnly, 'a log that was opened to be read is not appended to');
    assert(!this.#appending, 'one append at a time');
    const records = frame.records instanceof Uint8Array ? [frame.records] : frame.records;
    const recordsLength = records.reduce((sum, piece) => sum + piece.byteLength, 0);
    const bodyBytes = recordsLength + frame.quarantine.byteLength;
    const places = frame.places ?? NO_PLACES;
    if (bodyBytes > FRAME_BODY_BYTES_MAX) throw frameTooLarge(bodyBytes);
    assert(frame.recordCount > 0 === recordsLength > 0, 'records are counted');
    assert(places.byteLength <= FRAME_PLACES_BYTES_MAX, 'places are few');
    assert(frame.quarantineCount > 0 === frame.quarantine.byteLength > 0, 'what is quarantined is counted');
    const firstOffset = this.#nextOffset;
    const body = [...records, frame.quarantine, places];
    const header = encodeFrameHeader(
      {
        kind: FRAME_KIND.records,
        encoding: frame.isPacked === true ? ENCODING.packed : ENCODING.ndjson,
        recordsLength,
        quarantineLength: frame.quarantine.byteLength,
        placesLength: places.byteLength,
        firstOffset,
        recordCount: frame.recordCount,
        quarantineCount: frame.quarantineCount,
        duplicateCount: frame.duplicateCount,
      },
      body,
    );
    this.#appending = true;
    try {
      const at = await this.#write([header, ...body]);
      this.#nextOffset = firstOffset + frame.recordCount;
      const position = at.position + FRAME_HEADER_BYTES + bodyBytes + places.byteLength;
      const next = { segment: at.segment, position };
      return { ...frame, firstOffset, at, next, checksum: crcOf(header, 0) };
    } catch (cause) {
      throw appendFailed(cause);
    } finally {
      this.#appending = false;
    }
  }

  read(from?: LogPosition): AsyncIterable<StoredFrame> {
    // The list is replaced, never changed: what is durable now is what will be read.
    return this.#framesOf(this.#segments, from);
  }

  async readFrame(at: LogPosition): Promise<StoredFrame> {
    for await (const frame of this.#framesOf(this.#segments, at, SINGLE_READ_BYTES)) {
      if (frame.at.segment === at.segment && frame.at.position === at.position) return frame;
      break;
    }
    throw positionUnknown(at, 'it is the end of a segment, or its records were lost');
  }

  status(): LogStatus {
    const bytes = this.#segments.reduce((sum, segment) => sum + segment.end, 0);
    const files = this.#segments.map(({ id, name, end }) => ({ name, firstOffset: id.firstOffset, bytes: end }));
    return { segments: files.length, bytes, nextOffset: this.#nextOffset, files };
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    assert(!this.#appending, 'a log is closed after its last append');
    this.#closed = true;
    await this.#file?.close();
  }

  /** Writes a frame's bytes at the log's end and makes them durable. @returns where they stand */
  async #write(chunks: readonly Uint8Array[]): Promise<LogPosition> {
    const length = chunks.reduce((sum, chunk) => sum + chunk.byteLength, 0);
    const newest = this.#segments.at(-1);
    const isFull =
      newest !== undefined && newest.end > SEGMENT_HEADER_BYTES && newest.end + length > this.#segmentBytesMax;
    if (this.#mustRoll || isFull) await this.#roll();
    const segment = this.#segments.at(-1);
    const file = this.#file;
    assert(segment !== undefined && file !== undefined, 'a log that is written has a newest segment');
    try {
      await file.writeAt(segment.end, chunks);
    } catch (error) {
      if (!(await truncateDurably(file, segment.end))) this.#mustRoll = true;
      throw error;
    }
    try {
      await file.sync();
    } catch (error) {
      this.#mustRoll = true;
      // Only to give back the room: the next segment's header says where this one ends.
      await truncateDurably(file, segment.end);
      throw error;
    }
    this.#segments = [...this.#segments.slice(0, -1), { ...segment, end: segment.end + length }];
    return { segment: segment.name, position: segment.end };
  }

  /** Begins a new segment behind the newest one. */
  async #roll(): Promise<void> {
    // From here on a successor may stand on the disk that says where the newest segment ends, even if this fails.
    this.#mustRoll = true;
    const previous = this.#segments.at(-1);
    const id = this.#freeId();
    const name = segmentName(id);
    this.#takenIds.push(id);
    const header = encodeSegmentHeader({
      id,
      previous: previous === undefined ? undefined : { id: previous.id, end: previous.end },
    });
    const file = await this.#disk.open(segmentPath(name), 'create');
    try {
      await file.writeAt(0, [header]);
      await file.sync();
      await this.#disk.syncFolder(LOG_FOLDER);
    } catch (error) {
      // If it stays, no segment will ever name it, and it goes when the log is opened next.
      await succeeds(() => file.close());
      await succeeds(() => this.#disk.remove(segmentPath(name)));
      throw error;
    }
    const former = this.#file;
    this.#file = file;
    this.#segments = [...this.#segments, { id, name, end: header.byteLength }];
    this.#mustRoll = false;
    // All of it is durable, or counts for nothing.
    if (former !== undefined) await succeeds(() => former.close());
  }

  /** Behind all that begin with the same offset, so that a segment's id is above that of the one it names. */
  #freeId(): SegmentId {
    const firstOffset = this.#nextOffset;
    const taken = this.#takenIds.filter((id) => id.firstOffset === firstOffset);
    return { firstOffset, sequence: taken.reduce((above, id) => Math.max(above, id.sequence + 1), 0) };
  }

  async *#framesOf(
    segments: readonly Segment[],
    from: LogPosition | undefined,
    chunkBytes?: number,
  ): AsyncGenerator<StoredFrame> {
    const first = from === undefined ? 0 : segments.findIndex((segment) => segment.name === from.segment);
    if (from !== undefined) checkPosition(from, segments[first]);
    let expectedOffset: number | undefined;
    for (const [index, segment] of segments.slice(first).entries()) {
      const start = index === 0 && from !== undefined ? from.position : SEGMENT_HEADER_BYTES;
      const file = await this.#disk.open(segmentPath(segment.name), 'read');
      try {
        const reader = new FrameReader(file, start, segment.end, chunkBytes);
        while (reader.position < segment.end) {
          const frame = await reader.next();
          if (frame === undefined) throw noFrame(segment, reader.position, from);
          const header = frame.header;
          if (expectedOffset !== undefined && header.firstOffset !== expectedOffset) {
            throw logCorrupt(segment.name, frame.position, `offset ${expectedOffset} should stand there`);
          }
          expectedOffset = header.firstOffset + header.recordCount;
          if (header.kind !== FRAME_KIND.gap) yield stored(segment.name, frame);
        }
      } finally {
        await file.close();
      }
    }
  }
}

function stored(segment: string, frame: ScannedFrame): StoredFrame {
  const { header, position, next, crc, records, quarantine, places } = frame;
  return {
    firstOffset: header.firstOffset,
    recordCount: header.recordCount,
    records: header.encoding === ENCODING.packed ? unpackedOf(segment, frame) : records,
    duplicateCount: header.duplicateCount,
    quarantineCount: header.quarantineCount,
    quarantine,
    ...(places.byteLength > 0 && { places }),
    at: { segment, position },
    next: { segment, position: next },
    checksum: crc,
  };
}

/** @throws DaybookError `LOG_NOT_UNPACKED` when they cannot be unpacked, though the frame's checksum is right */
function unpackedOf(segment: string, { records, position }: ScannedFrame): Uint8Array {
  const lines = unpacked(records);
  if (lines !== undefined) return lines;
  const path = segmentPath(segment);
  const message =
    `The records at byte ${position} of the log file ${path} cannot be unpacked, though they stand there as they were written: ` +
    'that is a mistake of Daybook. Nothing was changed. Keep a copy of the data folder, and report it.';
  throw new DaybookError('LOG_NOT_UNPACKED', message, { details: { segment, position, path } });
}

function checkPosition(at: LogPosition, segment: Segment | undefined): void {
  if (segment === undefined) throw positionUnknown(at, 'there is no such segment');
  if (at.position < SEGMENT_HEADER_BYTES || at.position > segment.end) {
    throw positionUnknown(at, `its frames stand from byte ${SEGMENT_HEADER_BYTES} to ${segment.end}`);
  }
}

function noFrame(segment: Segment, position: number, from: LogPosition | undefined): DaybookError {
  if (from?.segment === segment.name && from.position === position) {
    return positionUnknown(from, 'no whole frame begins there');
  }
  return logCorrupt(segment.name, position, 'no whole frame stands there');
}

async function truncateDurably(file: DiskFile, size: number): Promise<boolean> {
  return succeeds(async () => {
    await file.truncate(size);
    await file.sync();
  });
}

function frameTooLarge(bytes: number): DaybookError {
  return new DaybookError(
    'LOG_FRAME_TOO_LARGE',
    `A frame of ${bytes} bytes was not written: the log takes at most ${FRAME_BODY_BYTES_MAX}. Write it as several.`,
    { details: { bytes, bytesMax: FRAME_BODY_BYTES_MAX } },
  );
}

function appendFailed(cause: unknown): unknown {
  if (!(cause instanceof DaybookError) || cause.code === 'DISK_FULL') return cause;
  const message = `Could not write to the log; nothing of the batch was taken. ${cause.message}`;
  return new DaybookError('LOG_FAILED', message, { details: cause.details, cause });
}
