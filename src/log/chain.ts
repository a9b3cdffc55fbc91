import type { Disk } from '../ports/disk.ts';
import { logCorrupt } from './errors.ts';
import {
  compareSegments,
  decodeSegmentHeader,
  LOG_FOLDER,
  parseSegmentName,
  SEGMENT_HEADER_BYTES,
  segmentName,
  segmentPath,
} from './format.ts';
import type { SegmentHeader, SegmentId } from './format.ts';
import { findWholeFrame } from './frame-reader.ts';

/** A segment's file as it is found. */
export interface SegmentFile {
  readonly id: SegmentId;
  readonly name: string;
  readonly size: number;
  /** Undefined when it is torn, damaged, or that of another segment. */
  readonly header: SegmentHeader | undefined;
}

/** A segment of the log. */
export interface Segment {
  readonly id: SegmentId;
  readonly name: string;
  /** The position behind its last frame; of the newest one, as found, the end of the file. */
  readonly end: number;
}

/** The log's segments, oldest first, and the files that no segment names. */
export interface Chain {
  readonly segments: readonly Segment[];
  /** Without any whole frame: left over from a new segment's beginning that failed. */
  readonly leftovers: readonly SegmentFile[];
}

/** The segments' files in order. */
export async function listSegments(disk: Disk): Promise<readonly SegmentFile[]> {
  const files: SegmentFile[] = [];
  for (const name of await disk.list(LOG_FOLDER)) {
    const id = parseSegmentName(name);
    if (id === undefined) continue;
    const file = await disk.open(segmentPath(name), 'read');
    try {
      const size = await file.size();
      const header = decodeSegmentHeader(await file.readAt(0, SEGMENT_HEADER_BYTES), file.path);
      const isOwn = header !== undefined && compareSegments(header.id, id) === 0;
      files.push({ id, name, size, header: isOwn ? header : undefined });
    } finally {
      await file.close();
    }
  }
  return files.toSorted((a, b) => compareSegments(a.id, b.id));
}

/** Whether any whole frame stands in a file. */
export async function hasWholeFrame(disk: Disk, segment: SegmentFile): Promise<boolean> {
  const file = await disk.open(segmentPath(segment.name), 'read');
  try {
    return (await findWholeFrame(file, 0, segment.size)) !== undefined;
  } finally {
    await file.close();
  }
}

/**
 * Follows the segments from the newest one back to the first.
 * @throws DaybookError `LOG_CORRUPT` when one is missing, its header is damaged, or frames stand outside the chain
 */
export async function readChain(disk: Disk): Promise<Chain> {
  const files = await listSegments(disk);
  const byName = new Map(files.map((file) => [file.name, file]));
  const outside = new Set(files);
  const segments: Segment[] = [];
  let member = files.findLast((file) => file.header !== undefined);
  let end = member?.size ?? 0;
  while (member !== undefined) {
    outside.delete(member);
    if (member.header === undefined) throw logCorrupt(member.name, 0, "the segment's header is not whole");
    segments.push({ id: member.id, name: member.name, end });
    const previous = member.header.previous;
    if (previous === undefined) break;
    const name = segmentName(previous.id);
    end = previous.end;
    member = byName.get(name);
    if (member === undefined) throw logCorrupt(name, 0, 'the file is missing');
  }
  const leftovers: SegmentFile[] = [];
  for (const file of outside) {
    if (await hasWholeFrame(disk, file)) {
      const what = file.header === undefined ? "the segment's header is not whole" : 'no other segment names this one';
      throw logCorrupt(file.name, 0, what);
    }
    leftovers.push(file);
  }
  return { segments: segments.toReversed(), leftovers };
}
