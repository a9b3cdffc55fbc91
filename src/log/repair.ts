import type { Disk, DiskFile } from '../ports/disk.ts';
import { hasWholeFrame, listSegments } from './chain.ts';
import type { SegmentFile } from './chain.ts';
import { logBeyondRepair } from './errors.ts';
import {
  compareSegments,
  encodeGap,
  encodeSegmentHeader,
  FRAME_HEADER_BYTES,
  LOG_FOLDER,
  SEGMENT_HEADER_BYTES,
  segmentName,
  segmentPath,
} from './format.ts';
import type { PreviousSegment } from './format.ts';
import { findWholeFrame, FrameReader } from './frame-reader.ts';
import type { ScannedFrame } from './frame-reader.ts';
import { freePath, setAside } from './set-aside.ts';

/** Bytes that a repair has set aside, and what went with them. */
export interface Loss {
  readonly segment: string;
  readonly position: number;
  /** 0 when the bytes were gone already. */
  readonly bytes: number;
  /** How many records are lost; undefined when nothing whole stands behind them to tell. */
  readonly records: number | undefined;
  /** Where the bytes were saved; undefined when there were none. */
  readonly savedAs: string | undefined;
}

/** A segment to be mended. */
interface Planned {
  readonly file: SegmentFile;
  /** Where the segment ends, as the next one says; undefined when that is not known, or it is the newest. */
  readonly fence: number | undefined;
  /** The first offset of the next segment; undefined when there is none. */
  readonly limit: number | undefined;
  readonly isMissing: boolean;
}

/** An opened segment and what is known of its end. */
interface Mending extends Planned {
  readonly disk: Disk;
  readonly open: DiskFile;
  readonly losses: Losses;
}

/** What is lost, in the log's order. Whoever asked is told before the first change. */
class Losses {
  readonly list: Loss[] = [];
  readonly #beforeFirst: () => Promise<void>;
  #isTold = false;

  constructor(beforeFirst: () => Promise<void>) {
    this.#beforeFirst = beforeFirst;
  }

  /** Must be called before anything of the log is changed. */
  async begin(): Promise<void> {
    if (this.#isTold) return;
    await this.#beforeFirst();
    this.#isTold = true;
  }
}

/**
 * Mends a log that `openLog` refuses with `LOG_CORRUPT`; the caller holds the folder. Each damaged region is copied to
 * `log/<segment>.damaged-<position>` and then covered by a gap, so that all other records keep their offsets and the
 * loss is on record. A damaged header is written anew, a missing segment becomes one gap, and a damaged end is cut.
 * A repair that was broken off is begun anew. A sound log is left as it is.
 *
 * A damaged region has room for a gap, since it begins and ends where whole frames did, and a gap is no longer than
 * the shortest frame. Only a file from which bytes were taken out can have less.
 * @param beforeFirst  awaited before the first change, and not at all when the log is sound: what depends on records that
 *   will be gone has to go first, as nobody knows of them once the log is mended
 * @returns what was lost, in the log's order
 * @throws DaybookError `LOG_BEYOND_REPAIR` (details: segment, position, path); `DISK_FULL`, `DISK_FAILED`
 */
export async function repairLog(
  disk: Disk,
  beforeFirst = async (): Promise<void> => undefined,
): Promise<readonly Loss[]> {
  const { planned, strangers } = await planRepair(disk);
  const losses = new Losses(beforeFirst);
  for (const file of strangers) {
    await losses.begin();
    const savedAs = await freePath(disk, `${file.name}.damaged-0`);
    await disk.rename(segmentPath(file.name), savedAs);
    losses.list.push({ segment: file.name, position: 0, bytes: file.size, records: undefined, savedAs });
  }
  let previous: PreviousSegment | undefined;
  for (const each of planned) {
    const open = await disk.open(segmentPath(each.file.name), 'append');
    try {
      const mending = { ...each, disk, open, losses };
      if (each.file.header === undefined) await mendHeader(mending, previous);
      const end = await mendFrames(mending);
      previous = { id: each.file.id, end };
      await open.sync();
    } finally {
      await open.close();
    }
  }
  if (planned.length > 0) await disk.syncFolder(LOG_FOLDER);
  return losses.list;
}

/**
 * The log's segments as far as they can be told, oldest first: each header names the one before; where it is damaged,
 * that is the next older file with anything whole in it. `strangers` hold frames and belong nowhere.
 */
async function planRepair(disk: Disk): Promise<{ planned: readonly Planned[]; strangers: readonly SegmentFile[] }> {
  const files = await listSegments(disk);
  const sound: SegmentFile[] = [];
  const withFrames = new Set<SegmentFile>();
  for (const file of files) {
    if (await hasWholeFrame(disk, file)) withFrames.add(file);
    if (file.header !== undefined || withFrames.has(file)) sound.push(file);
  }
  const byName = new Map(files.map((file) => [file.name, file]));
  const planned: Planned[] = [];
  let file = sound.at(-1);
  let fence: number | undefined;
  let limit: number | undefined;
  while (file !== undefined) {
    const current: SegmentFile = file;
    planned.push({ file, fence, limit, isMissing: !byName.has(file.name) });
    withFrames.delete(file);
    limit = file.id.firstOffset;
    const previous: PreviousSegment | undefined = file.header?.previous;
    fence = previous?.end;
    if (previous !== undefined) {
      const name = segmentName(previous.id);
      file = byName.get(name) ?? { id: previous.id, name, size: 0, header: undefined };
    } else if (file.header === undefined) {
      file = sound.findLast((other) => compareSegments(other.id, current.id) < 0);
    } else {
      file = undefined;
    }
  }
  return { planned: planned.toReversed(), strangers: files.filter((each) => withFrames.has(each)) };
}

async function mendHeader({ disk, open, file, losses }: Mending, previous: PreviousSegment | undefined): Promise<void> {
  await losses.begin();
  const bytes = Math.min(SEGMENT_HEADER_BYTES, file.size);
  const savedAs = bytes > 0 ? await setAside(disk, open, 0, bytes, `${file.name}.damaged-0`) : undefined;
  await open.writeAt(0, [encodeSegmentHeader({ id: file.id, previous })]);
  await open.sync();
  losses.list.push({ segment: file.name, position: 0, bytes, records: 0, savedAs });
}

/** Covers all damage in a segment's frames. @returns where the segment ends */
async function mendFrames(mending: Mending): Promise<number> {
  const { open, file, limit } = mending;
  const size = await open.size();
  const stop = mending.fence ?? size;
  let position = SEGMENT_HEADER_BYTES;
  let expected = file.id.firstOffset;
  for (;;) {
    const whole = await skipWhole(open, position, Math.min(stop, size), expected, limit);
    ({ position, expected } = whole);
    if (position >= stop) break;
    const from = position;
    const fits = (frame: ScannedFrame): boolean =>
      frame.position >= from + FRAME_HEADER_BYTES && isFrom(frame, expected, limit);
    const next = await findWholeFrame(open, position + 1, Math.min(stop, size), fits);
    if (next === undefined) return mendEnd(mending, position, expected, stop);
    await cover(mending, position, next.position, expected, next.header.firstOffset - expected);
    expected = next.header.firstOffset;
    position = next.position;
  }
  if (limit !== undefined && expected !== limit) return mendEnd(mending, position, expected, stop);
  return position;
}

/** Goes over whole frames that follow each other without a gap in their offsets. */
async function skipWhole(
  open: DiskFile,
  from: number,
  end: number,
  firstExpected: number,
  limit: number | undefined,
): Promise<{ position: number; expected: number }> {
  const reader = new FrameReader(open, from, end);
  let position = from;
  let expected = firstExpected;
  for (let frame = await reader.next(); frame !== undefined; frame = await reader.next()) {
    if (frame.header.firstOffset !== expected || !isFrom(frame, expected, limit)) break;
    position = frame.next;
    expected += frame.header.recordCount;
  }
  return { position, expected };
}

function isFrom(frame: ScannedFrame, expected: number, limit: number | undefined): boolean {
  const { firstOffset, recordCount } = frame.header;
  return firstOffset >= expected && (limit === undefined || firstOffset + recordCount <= limit);
}

/** Mends the end of a segment, behind whose `position` no frame can be used. @returns where the segment ends */
async function mendEnd(mending: Mending, position: number, expected: number, stop: number): Promise<number> {
  const { disk, open, file, fence, limit, losses, isMissing } = mending;
  if (limit === undefined) {
    await losses.begin();
    const bytes = stop - position;
    const savedAs = await setAside(disk, open, position, stop, `${file.name}.damaged-${position}`);
    await open.truncate(position);
    losses.list.push({ segment: file.name, position, bytes, records: undefined, savedAs });
    return position;
  }
  // The next header is damaged as well, so it can say anew where this segment ends: what is left is a failed write's.
  if (fence === undefined && expected === limit && !isMissing) return position;
  const end = fence ?? Math.max(stop, position + FRAME_HEADER_BYTES);
  if (end - position < FRAME_HEADER_BYTES) {
    throw logBeyondRepair(
      file.name,
      position,
      `${limit - expected} records are missing, and there is no room to say so`,
    );
  }
  await cover(mending, position, end, expected, limit - expected);
  return end;
}

/** Copies a region beside the segment and puts a gap's header at its beginning. */
async function cover(
  { disk, open, file, losses }: Mending,
  from: number,
  to: number,
  firstOffset: number,
  records: number,
): Promise<void> {
  await losses.begin();
  const size = await open.size();
  const bytes = Math.max(0, Math.min(to, size) - from);
  const name = `${file.name}.damaged-${from}`;
  const savedAs = bytes > 0 ? await setAside(disk, open, from, from + bytes, name) : undefined;
  if (size < to) await open.truncate(to);
  await open.writeAt(from, [encodeGap(to - from, firstOffset, records)]);
  await open.sync();
  losses.list.push({ segment: file.name, position: from, bytes, records, savedAs });
}
